package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Llama2cTest {

    /// dim 4, hidden 3, layers 2, heads 2, kv heads 1, vocabulary 5, context 7.
    private static final int[] SIZES = {4, 3, 2, 2, 1, 5, 7};

    /// 20 embedding, per layer 4 + 16 + 8 + 8 + 16 + 4 + 3·12, then 4 norm and 7·2 of tables.
    private static final int VALUES = 20 + 2 * 92 + 4 + 14;

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    @AfterEach
    void unmap() {
        arena.close();
    }

    private Path file(int[] sizes, int values) {
        Bytes b = new Bytes().i32(sizes);
        for (int i = 0; i < values; i++) b.f32(i);
        return b.to(folder.resolve("a.bin"));
    }

    private static byte[] counted(int from, int n) {
        Bytes b = new Bytes();
        IntStream.range(from, from + n).forEach(i -> b.f32(i));
        return b.array();
    }

    @Test
    void tensors_of_one_kind_lie_together_layer_by_layer() {
        Llama2c bin = Llama2c.open(file(SIZES, VALUES), arena);
        assertThat(Bytes.of(bin.tensor("tok_embeddings.weight"))).isEqualTo(counted(0, 20));
        assertThat(Bytes.of(bin.tensor("layers.1.attention_norm.weight"))).isEqualTo(counted(24, 4));
        assertThat(Bytes.of(bin.tensor("layers.0.attention.wq.weight"))).isEqualTo(counted(28, 16));
        assertThat(Bytes.of(bin.tensor("layers.1.attention.wk.weight"))).isEqualTo(counted(68, 8));
        assertThat(Bytes.of(bin.tensor("norm.weight"))).isEqualTo(counted(204, 4));
        assertThat(bin.tensors())
                .contains(new TensorInfo("layers.0.feed_forward.w2.weight", "F32", List.of(4L, 3L), 48))
                .hasSize(2 + 2 * 9);
        assertThat(bin.parameters()).isEqualTo(VALUES - 14);
    }

    @Test
    void a_negative_vocabulary_brings_a_classifier() {
        int[] sizes = SIZES.clone();
        sizes[5] = -5;
        Llama2c bin = Llama2c.open(file(sizes, VALUES + 20), arena);
        assertThat(Bytes.of(bin.tensor("output.weight"))).isEqualTo(counted(VALUES, 20));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    0 | -4 | dim is -4, expected >= 1
                    1 | 0 | hidden_dim is 0, expected >= 1
                    2 | -2147483648 | n_layers is -2147483648, expected >= 1
                    3 | 3 | dim is 4, expected an even multiple of n_heads 3
                    3 | 4 | dim is 4, expected an even multiple of n_heads 4
                    4 | 3 | n_heads is 2, expected a multiple of n_kv_heads 3
                    4 | -1 | n_kv_heads is -1, expected >= 1
                    5 | 0 | vocab_size is 0, expected >= 1
                    5 | -2147483648 | vocab_size is -2147483648, expected >= 1
                    6 | -7 | seq_len is -7, expected >= 1
                    0 | 1634415666 | llama2.c version 3, expected version 0
                    """)
    void a_header_that_lies_is_refused(int at, int value, String message) {
        int[] sizes = SIZES.clone();
        sizes[at] = value;
        assertRefused(file(sizes, VALUES), message);
    }

    @Test
    void a_size_that_differs_by_one_value_is_refused() {
        String header = "dim 4, hidden_dim 3, n_layers 2, n_heads 2, n_kv_heads 1, vocab_size 5, seq_len 7";
        assertRefused(file(SIZES, VALUES - 1), "912 bytes, expected 916 for " + header);
        assertRefused(file(SIZES, VALUES + 1), "920 bytes, expected 916 for " + header);
        assertRefused(new Bytes().i32(1, 2).to(folder.resolve("a.bin")), "8 bytes, expected at least 28");
    }

    @Test
    void sizes_beyond_counting_are_refused() {
        int max = Integer.MAX_VALUE;
        assertRefused(
                file(new int[] {max - 1, max, max, 1, 1, max, max}, 0),
                "header asks for more than 2^63 bytes: dim 2147483646, hidden_dim 2147483647, n_layers"
                        + " 2147483647, n_heads 1, n_kv_heads 1, vocab_size 2147483647, seq_len 2147483647");
        assertRefused(
                file(new int[] {4, 3, max, 2, 1, 5, 7}, VALUES),
                "916 bytes, too few for dim 4, hidden_dim 3, n_layers 2147483647, n_heads 2,"
                        + " n_kv_heads 1, vocab_size 5, seq_len 7");
    }

    private void assertRefused(Path file, String message) {
        assertThatThrownBy(() -> Llama2c.open(file, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": " + message);
    }
}
