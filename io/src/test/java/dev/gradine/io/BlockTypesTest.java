package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// GGUF's block types against what ggml's C code makes of the same bytes. Only a zero may have the other sign: a scale
/// below 0 gives it one, where codes are not shifted before they are multiplied.
class BlockTypesTest {

    private static final String FILE = "quant-gguf/expected.safetensors";

    @ParameterizedTest
    @EnumSource(
            names = {
                "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
                "IQ4_XS", "MXFP4"
            })
    void every_value_is_ggmls_to_the_last_bit(DType type) {
        try (Arena arena = Arena.ofShared();
                Kernels run = CpuKernels.open()) {
            Safetensors golden = Safetensors.open(Golden.golden(FILE), arena);
            Tensor expected = golden.tensor(type + ".values");
            Tensor coded = new Tensor(golden.tensor(type + ".bytes").data(), type, Shape.of(expected.size()));
            Tensor values = run.empty(coded.shape());
            run.copy(coded, values);
            float[] got = run.download(values);
            float[] want = expected.toFloats();
            for (int i = 0; i < want.length; i++) {
                if (got[i] != want[i])
                    throw new AssertionError("%s: value %d is %s, expected %s".formatted(type, i, got[i], want[i]));
            }
        }
    }
}
