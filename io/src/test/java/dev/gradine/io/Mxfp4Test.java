package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Mxfp4Test {

    @TempDir
    private Path folder;

    private Checkpoint written(Arena arena, Tensor blocks, Tensor scales) {
        Safetensors.write(folder.resolve("model.safetensors"), Map.of("e.up_blocks", blocks, "e.up_scales", scales));
        Json.write(folder.resolve("config.json"), Map.of());
        return Checkpoint.open(folder, GgufBytes.LLAMA, arena);
    }

    /// `values_transposed [E,C,R]` is what transformers makes of it, `as_gguf` what gguf-py writes.
    @Test
    void groups_of_gpt_oss_are_the_references_values_and_ggufs_bytes() {
        try (Arena arena = Arena.ofShared();
                Kernels run = CpuKernels.open()) {
            Safetensors golden = Safetensors.open(Golden.golden("quant-gguf/expected.safetensors"), arena);
            Checkpoint c = written(arena, golden.tensor("hf_mxfp4.blocks"), golden.tensor("hf_mxfp4.scales"));
            assertThat(c.names()).containsExactly("e.up");
            assertThat(c.parameters()).isEqualTo(2 * 4 * 96);
            Tensor w = c.tensor("e.up");
            assertThat(w).hasToString("MXFP4[2, 4, 96]");
            assertThat(Bytes.of(w)).isEqualTo(Bytes.of(golden.tensor("hf_mxfp4.as_gguf")));
            float[] got = run.download(w);
            float[] want = golden.tensor("hf_mxfp4.values_transposed").toFloats();
            for (int i = 0; i < got.length; i++) {
                int expert = i / (4 * 96);
                assertThat(got[i]).isEqualTo(want[(expert * 96 + i % 96) * 4 + i / 96 % 4]);
            }
        }
    }

    @Test
    void codes_and_scales_that_do_not_meet_are_refused() {
        try (Arena arena = Arena.ofShared()) {
            Tensor blocks = Tensor.zeros(arena, DType.U8, Shape.of(4, 3, 16));
            Checkpoint c = written(arena, blocks, Tensor.zeros(arena, DType.U8, Shape.of(4, 2)));
            assertThatThrownBy(() -> c.tensor("e.up"))
                    .hasMessageEndingWith(
                            "tensor e.up_blocks: is U8[4, 3, 16], expected U8 with 16 bytes for each of U8[4, 2]");
        }
    }
}
