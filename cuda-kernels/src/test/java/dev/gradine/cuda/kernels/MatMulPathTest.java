package dev.gradine.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.gpu.DenseGemm.Form;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/// Which units multiply what, and what is refused before a launch.
class MatMulPathTest {

    private static Tensor tensor(Arena arena, DType type, int... dims) {
        return Tensor.zeros(arena, type, Shape.of(dims));
    }

    @Test
    void tensor_cores_take_bf16_rows_of_whole_pieces() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor whole = tensor(arena, DType.BF16, 3, 16);
            assertThat(MatMulPath.of(whole, whole)).isEqualTo(MatMulPath.BF16);
            assertThat(MatMulPath.of(whole, tensor(arena, DType.BF16, 3, 7))).isEqualTo(MatMulPath.CODED);
            assertThat(MatMulPath.of(whole, tensor(arena, DType.Q8_0, 3, 32))).isEqualTo(MatMulPath.CODED);
            assertThat(MatMulPath.of(tensor(arena, DType.BF16, 3, 7), whole)).isEqualTo(MatMulPath.ANY);
        }
    }

    @Test
    void f32_is_never_rounded_on_the_way() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor f32 = tensor(arena, DType.F32, 3, 16);
            assertThat(MatMulPath.of(f32, f32)).isEqualTo(MatMulPath.F32);
            assertThat(MatMulPath.of(f32, tensor(arena, DType.BF16, 3, 16))).isEqualTo(MatMulPath.ANY);
        }
    }

    @Test
    void products_that_fill_a_tile_go_to_the_kernel_for_hopper_where_it_may_be_chosen() {
        Options hopper = Options.defaults().withCapability(90);
        try (Arena arena = Arena.ofConfined();
                Simulator later = new Simulator(hopper);
                Simulator earlier = new Simulator()) {
            assertThat(onHopper(later, arena, 128, 256, 64)).isTrue();
            assertThat(onHopper(later, arena, 127, 256, 64)).isFalse();
            assertThat(onHopper(later, arena, 128, 255, 64)).isFalse();
            assertThat(onHopper(later, arena, 128, 256, 56)).isFalse();
            assertThat(onHopper(later, arena, 128, 256, 68))
                    .as("rows that no copy takes")
                    .isFalse();
            assertThat(onHopper(later, arena, 128, 256, 4096))
                    .as("few tiles, sums in slices")
                    .isFalse();
            assertThat(onHopper(earlier, arena, 128, 256, 64)).isFalse();
        }
    }

    private static boolean onHopper(Gpu gpu, Arena arena, int m, int n, int k) {
        Tensor a = tensor(arena, DType.BF16, m, k);
        Tensor b = tensor(arena, DType.BF16, n, k);
        return new MatMulCuda(gpu).onHopper(Form.NT, new MatMulShapes(m, n, k), a, b);
    }

    @Test
    void shapes_are_refused_in_the_words_of_the_cpu() {
        MatMulCuda device = new MatMulCuda(new FakeGpu(false));
        try (Arena arena = Arena.ofConfined();
                Kernels cpu = CpuKernels.open()) {
            Tensor a = tensor(arena, DType.F32, 2, 3);
            Tensor b = tensor(arena, DType.F32, 4, 5);
            Tensor c = tensor(arena, DType.F32, 2, 4);
            String message = "matmul_nt: b is [4, 5], expected [4, 3] (a is [2, 3])";
            assertThatThrownBy(() -> device.nt(a, b, 1, false, c))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage(message);
            assertThatThrownBy(() -> cpu.matMul().nt(a, b, 1, false, c))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage(message);
        }
    }

    @Test
    void types_that_no_kernel_takes_are_refused() {
        MatMulCuda device = new MatMulCuda(new FakeGpu(false));
        try (Arena arena = Arena.ofConfined()) {
            Tensor f32 = tensor(arena, DType.F32, 32, 32);
            Tensor q = tensor(arena, DType.Q4_0, 32, 32);
            Tensor ids = tensor(arena, DType.I32, 32, 32);
            assertThatThrownBy(() -> device.nt(q, f32, 1, false, f32))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("matmul_nt: a is Q4_0, expected F32 or BF16");
            assertThatThrownBy(() -> device.tn(f32, q, 1, false, f32))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("matmul_tn: b is Q4_0, expected F32 or BF16");
            assertThatThrownBy(() -> device.nn(f32, ids, 1, false, f32))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("matmul_nn: b is I32, expected a real type");
            assertThatThrownBy(() -> device.nn(f32, f32, 1, false, q))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("matmul_nn: c is Q4_0, expected F32 or BF16");
        }
    }
}
