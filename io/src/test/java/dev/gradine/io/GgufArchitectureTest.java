package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an architecture says is what is read; see `GgufExportTest` for the way back.
class GgufArchitectureTest {

    private static final GgufArchitecture LLAMA =
            GgufArchitecture.of("llama", "llama").withInterleavedRows();

    private final Arena arena = Arena.ofConfined();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        arena.close();
    }

    private static GgufBytes gguf() {
        return new TinyLlama(true).gguf(3);
    }

    private Checkpoint open(GgufArchitecture arch, GgufBytes gguf) {
        return Checkpoint.open(gguf.to(folder.resolve("a.gguf")), List.of(arch), arena);
    }

    private void assertRefused(GgufArchitecture arch, GgufBytes gguf, String message) {
        assertThatThrownBy(() -> open(arch, gguf))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(folder.resolve("a.gguf") + ": " + message);
    }

    @Test
    void blocks_that_guess_further_tokens_are_no_layers() {
        assertRefused(LLAMA, gguf().u32("llama.nextn_predict_layers", 1), "llama.block_count is 1, expected more");
        assertRefused(
                LLAMA,
                gguf().tensor("blk.1.attn_norm.weight", new float[8], 8),
                "tensor blk.1.attn_norm.weight: has no place in a llama of 1 layers");
    }

    @Test
    void one_of_so_many_layers_has_no_window() {
        assertThat(open(LLAMA.windows(2), gguf().u32("llama.attention.sliding_window_pattern", 1))
                        .config())
                .containsEntry("layer_types", List.of("full_attention"));
        assertThat(open(LLAMA.windows(2), gguf().u32("llama.attention.sliding_window", 3))
                        .config())
                .containsEntry("sliding_window", 3)
                .doesNotContainKey("layer_types");
        assertThat(open(LLAMA.windows(2), gguf().u32("llama.attention.sliding_window", 0))
                        .config())
                .doesNotContainKey("sliding_window");
    }

    @Test
    void another_number_than_the_stated_one_is_refused() {
        GgufArchitecture sigmoid = LLAMA.stating("expert_gating_func", 2);
        assertThat(open(sigmoid, gguf().u32("llama.expert_gating_func", 2)).names())
                .isNotEmpty();
        assertRefused(
                sigmoid,
                gguf().u32("llama.expert_gating_func", 1),
                "llama.expert_gating_func is 1, expected 2, the only value that is computed here");
    }

    @Test
    void of_two_architectures_of_a_name_the_marked_one_is_that_of_files_with_the_mark() {
        List<GgufArchitecture> both = List.of(
                LLAMA,
                GgufArchitecture.of("llama", "mistral")
                        .withInterleavedRows()
                        .windowsUnseen()
                        .toldBy("attention.sliding_window"));
        Path plain = gguf().to(folder.resolve("plain.gguf"));
        Path near = gguf().u32("llama.attention.sliding_window", 3).to(folder.resolve("near.gguf"));
        assertThat(Checkpoint.open(plain, both, arena).config()).containsEntry("model_type", "llama");
        assertThat(Checkpoint.open(near, both, arena).config()).containsEntry("model_type", "mistral");
    }

    @Test
    void one_tensor_of_a_pair_alone_is_refused() {
        GgufArchitecture pair = LLAMA.without("ffn_gate", "ffn_up")
                .pairing(GgufChange.HALVES, "ffn_gate.weight", "ffn_more.weight", "mlp.both.weight");
        assertRefused(pair, gguf(), "tensor blk.0.ffn_gate.weight: is there without blk.0.ffn_more.weight");
    }

    /// Two experts, two rows of gate (1, 2 and 5, 6) and of up (3, 4 and 7, 8).
    @Test
    void gate_and_up_are_halves_of_one_or_every_other_row() {
        Tensor gate = Tensor.of(arena, Shape.of(2, 2, 1), 1f, 2f, 5f, 6f);
        Tensor up = Tensor.of(arena, Shape.of(2, 2, 1), 3f, 4f, 7f, 8f);
        Tensor halves = new StackedPair(false).joined(gate, up, arena);
        Tensor turns = new StackedPair(true).joined(gate, up, arena);
        assertThat(halves.shape()).isEqualTo(Shape.of(2, 4, 1));
        assertThat(halves.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(turns.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 3, 2, 4, 5, 7, 6, 8);
        Tensor vectors = turns.reshape(Shape.of(2, 4));
        assertThat(new StackedPair(true, true, 0).half(vectors, 1, arena).data().toArray(ValueLayout.JAVA_FLOAT))
                .containsExactly(3, 4, 7, 8);
        Tensor one = Tensor.of(arena, Shape.of(4, 1), 1f, 3f, 2f, 4f);
        assertThat(new StackedPair(true).half(one, 0, arena).data().toArray(ValueLayout.JAVA_FLOAT))
                .containsExactly(1, 2);
        Tensor blocks = Tensor.zeros(arena, DType.MXFP4, Shape.of(2, 2, 32));
        assertThat(new StackedPair(true).joined(blocks, blocks, arena).toString())
                .isEqualTo("MXFP4[2, 4, 32]");
        assertThatThrownBy(() -> new StackedPair(true).joined(gate, blocks, arena))
                .hasMessage("gate is F32[2, 2, 1], up is MXFP4[2, 2, 32], expected two alike");
    }
}
