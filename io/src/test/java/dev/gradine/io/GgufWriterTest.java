package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {

    @TempDir
    private Path folder = Path.of("");

    private Path file = Path.of("");
    private final Arena arena = Arena.ofShared();

    @BeforeEach
    void name_the_file() {
        file = folder.resolve("m.gguf");
    }

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void metadata_come_back_with_the_types_that_readers_ask_for() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("text", "Zoë");
        m.put("count", 3);
        m.put("large", 4_000_000_000L);
        m.put("below", -2);
        m.put("real", 0.5f);
        m.put("flag", true);
        m.put("kinds", new int[] {1, -3});
        m.put("scores", new float[] {-1, 2});
        m.put("which", new boolean[] {true, false});
        m.put("words", List.of("a", "▁b", ""));
        GgufWriter.write(file, m, List.of());
        Map<String, Object> back = Gguf.open(file, arena).metadata();
        assertThat(back.keySet()).containsExactlyElementsOf(m.keySet());
        assertThat(back)
                .containsEntry("text", "Zoë")
                .containsEntry("count", 3L) // u32 comes back as long, i32 as int
                .containsEntry("large", 4_000_000_000L)
                .containsEntry("below", -2L)
                .containsEntry("real", 0.5f)
                .containsEntry("flag", true)
                .containsEntry("words", List.of("a", "▁b", ""));
        assertThat((int[]) back.get("kinds")).containsExactly(1, -3);
        assertThat((float[]) back.get("scores")).containsExactly(-1, 2);
        assertThat((boolean[]) back.get("which")).containsExactly(true, false);
    }

    /// llama.cpp refuses a file in which a tensor does not begin where the one before it, padded to 32 bytes, ends.
    @Test
    void values_lie_one_after_the_other_each_padded_to_32_bytes() throws IOException {
        Tensor a = Tensor.of(arena, Shape.of(3), 1f, 2, 3);
        Tensor b = Tensor.of(arena, Shape.of(2, 5), 0f, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        GgufWriter.write(file, Map.of(), List.of(TensorSource.of("a", a), TensorSource.of("b", b)));
        byte[] bytes = Files.readAllBytes(file);
        int front = 24 + (8 + 1 + 4 + 8 + 4 + 8) + (8 + 1 + 4 + 16 + 4 + 8); // header and two rows of the table
        int values = (front + 31) / 32 * 32;
        assertThat(bytes).hasSize(values + 32 + 64);
        assertThat(bytes[values]).isEqualTo(bytes[values + 1]).isEqualTo((byte) 0); // 1f is 00 00 80 3f
        assertThat(bytes[values + 3]).isEqualTo((byte) 0x3f);
        assertThat(bytes[values + 32 + 7]).isEqualTo((byte) 0x3f);
        Gguf back = Gguf.open(file, arena);
        assertThat(back.format()).isEqualTo("gguf v3");
        assertThat(Bytes.of(back.tensor("a"))).isEqualTo(Bytes.of(a));
        assertThat(back.tensor("b").toString()).isEqualTo("F32[2, 5]");
        assertThat(Bytes.of(back.tensor("b"))).isEqualTo(Bytes.of(b));
    }

    @Test
    void blocks_keep_their_bytes() {
        Tensor q = Tensor.zeros(arena, DType.Q4_1, Shape.of(2, 64));
        for (int i = 0; i < 80; i++) q.data().set(ValueLayout.JAVA_BYTE, i, (byte) i);
        GgufWriter.write(file, Map.of(), List.of(TensorSource.of("q", q)));
        assertThat(Bytes.of(Gguf.open(file, arena).tensor("q"))).isEqualTo(Bytes.of(q));
    }

    @Test
    void what_has_no_place_is_refused_before_a_byte_is_written() throws IOException {
        String long64 = "x".repeat(64);
        Tensor one = Tensor.of(arena, Shape.of(1), 1f);
        refuses(Map.of(), TensorSource.of(long64, one), "tensor " + long64 + ": the name is longer than 63 bytes");
        refuses(
                Map.of(),
                TensorSource.of("t", Tensor.zeros(arena, DType.U8, Shape.of(2))),
                "tensor t: dtype is U8, which we do not write as GGUF");
        refuses(
                Map.of(),
                new TensorSource("t", DType.Q8_0, Shape.of(64, 16), () -> one),
                "tensor t: shape is [64, 16], expected 1 to 4 axes and rows that are a multiple of 32 for Q8_0");
        refuses(
                Map.of("k", Set.of()),
                TensorSource.of("t", one),
                "k: value is a " + Set.of().getClass().getSimpleName() + ", which we do not write");
        refuses(
                Map.of(),
                new TensorSource("t", DType.F32, Shape.of(2), () -> one),
                "tensor t: source gave F32[1], expected F32[2]");
        assertThatThrownBy(() ->
                        GgufWriter.write(file, Map.of(), List.of(TensorSource.of("t", one), TensorSource.of("t", one))))
                .hasMessage(file + ": tensor t: the name is taken");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    private void refuses(Map<String, Object> metadata, TensorSource tensor, String message) {
        assertThatThrownBy(() -> GgufWriter.write(file, metadata, List.of(tensor)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": " + message);
    }
}
