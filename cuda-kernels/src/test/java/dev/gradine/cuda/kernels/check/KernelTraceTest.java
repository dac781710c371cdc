package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Trace;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class KernelTraceTest {

    private static final String NT = "mat_mul_nt_bf16";

    @Test
    void a_student_sees_the_matrices_of_a_tensor_core_multiply() {
        List<String> lines = trace(NT, new Trace.Window(0, 0, "mma.sync", 1));
        assertThat(lines.getFirst()).matches("1  mma\\.cuh:\\d+  mma\\.sync\\.aligned\\.m16n8k16.*");
        assertThat(lines.get(1)).isEqualTo("     A  [16 × 16]");
        assertThat(lines.get(18)).isEqualTo("     B  [16 × 8]");
        assertThat(lines.get(35)).isEqualTo("     D = A·B + C  [16 × 8]");
        double[][] a = matrix(lines, 2);
        double[][] b = matrix(lines, 19);
        double[][] d = matrix(lines, 36); // C is zero in the first product
        for (int i = 0; i < 16; i++) {
            for (int n = 0; n < 8; n++) {
                double sum = 0;
                for (int k = 0; k < 16; k++) sum += a[i][k] * b[k][n];
                assertThat(d[i][n]).isEqualTo(sum, within(0.01)); // four digits are shown
            }
        }
        assertThat(a[3][5]).isNotZero();
    }

    @Test
    void registers_follow_a_rule_or_are_a_table_of_lanes() {
        List<String> lines = trace(NT, new Trace.Window(0, 1, "", 120));
        assertThat(lines).anyMatch(l -> l.matches(" {5}%r\\d+ +32 \\+ lane"));
        assertThat(lines).anyMatch(l -> l.endsWith(" in all lanes"));
        assertThat(lines).anyMatch(l -> l.startsWith("            24: "));
    }

    @Test
    void shared_memory_shows_when_its_copies_are_waited_for() {
        List<String> lines = trace(NT, new Trace.Window(0, 0, "cp.async.wait_group", 1));
        assertThat(lines.getFirst()).endsWith("cp.async.wait_group 2");
        assertThat(lines.get(1)).startsWith("     shared 0x00000: ");
        assertThat(lines.getLast()).matches(" {5}\\.\\.\\. and \\d+ more rows of shared memory");
    }

    @Test
    void a_kernel_that_is_not_launched_is_an_error() {
        assertThatThrownBy(() -> trace("rms_norm_forward_f32", Trace.Window.defaults()))
                .hasMessage("trace: kernel is rms_norm_forward_f32, expected one of [mat_mul_nt_bf16]"
                        + " (that this case launches)");
        assertThat(Trace.launches(NT, KernelTraceTest::multiply)).isTrue();
        assertThat(Trace.launches("rope_f32", KernelTraceTest::multiply)).isFalse();
    }

    @Test
    void a_warp_that_there_is_not_is_an_error() {
        assertThatThrownBy(() -> trace(NT, new Trace.Window(0, 4, "ret", 1)))
                .hasMessage(
                        "trace: block is 0, warp 4, from \"ret\", expected an instruction of mat_mul_nt_bf16 that such"
                                + " a warp executes");
    }

    private static List<String> trace(String entry, Trace.Window window) {
        List<String> lines = new ArrayList<>();
        Trace.run(entry, window, KernelTraceTest::multiply, lines::add);
        return lines;
    }

    private static void multiply(Gpu gpu) {
        try (Kernels k = CudaKernels.open(gpu);
                Arena arena = Arena.ofConfined()) {
            k.matMul()
                    .nt(
                            random(k, arena, 24, 48),
                            random(k, arena, 40, 48),
                            1,
                            false,
                            k.empty(DType.BF16, Shape.of(24, 40)));
        }
    }

    private static Tensor random(Kernels k, Arena arena, int rows, int columns) {
        Tensor t = Tensor.zeros(arena, DType.BF16, Shape.of(rows, columns));
        var random = new SplittableRandom(rows);
        for (int i = 0; i < rows * columns; i++) {
            int bits = Float.floatToRawIntBits((float) random.nextDouble(-2, 2));
            t.data().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> 16)); // bf16 is its upper half
        }
        return k.fromHost(t);
    }

    private static double[][] matrix(List<String> lines, int from) {
        double[][] m = new double[16][];
        for (int i = 0; i < 16; i++) {
            String[] words = lines.get(from + i).strip().split(" +");
            m[i] = Arrays.stream(words).mapToDouble(Double::parseDouble).toArray();
        }
        return m;
    }
}
