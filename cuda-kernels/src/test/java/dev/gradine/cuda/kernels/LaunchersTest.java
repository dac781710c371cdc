package dev.gradine.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.Fault;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.GroupNormKernel.Groups;
import dev.gradine.tensor.kernel.Per;
import dev.gradine.tensor.kernel.RopeAngles;
import dev.gradine.tensor.kernel.UpsampleKernel.Enlargement;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What launchers refuse before anything runs, in the words of the CPU, and what kernels refuse while they run.
class LaunchersTest {

    private static final Windows WINDOWS = Windows.square(1, 0);
    private static final Groups TWO = new Groups(2, 1e-5f);
    private static final Enlargement TWICE = new Enlargement(Mode.NEAREST, 2);

    private final CudaKernels device = CudaKernels.open(new Simulator());
    private final Kernels cpu = CpuKernels.open();

    @AfterEach
    void close() {
        device.close();
        cpu.close();
    }

    @Test
    void wrong_shapes_are_refused_in_the_words_of_the_cpu() {
        List<Consumer<Kernels>> mistakes = List.of(
                k -> k.elementwise().add(f32(k, 3), f32(k, 4), f32(k, 3)),
                k -> k.elementwise().addBias(f32(k, 2, 3), f32(k, 2), f32(k, 2, 3)),
                k -> k.elementwise().scaleRows(f32(k, 2, 3), f32(k, 3), f32(k, 2, 3)),
                k -> k.activation().swiGlu(f32(k, 3), f32(k, 2), f32(k, 3)),
                k -> k.function().applyBackward(Fn.GELU_TANH, 0, 0, f32(k, 3), f32(k, 3), f32(k, 2)),
                k -> k.function().combine(Fn2.MUL, Per.COLUMN, f32(k, 2, 3), f32(k, 4), f32(k, 2, 3)),
                k -> k.function().combine(Fn2.DIV, Per.VALUE, f32(k, 6), f32(k, 3), f32(k, 6)),
                k -> k.layout().permute(f32(k, 2, 3), List.of(1, 0), f32(k, 2, 4)),
                k -> k.layout().putRows(k.ofInts(0), f32(k, 1, 3), f32(k, 2, 4)),
                k -> k.softmax().forward(f32(k, 2, 3), 1, f32(k, 2, 4)),
                k -> k.rmsNorm().forward(f32(k, 2, 64), f32(k, 63), 1e-5f, f32(k, 2, 64), f32(k, 2)),
                k -> k.rmsNorm().backward(f32(k, 2, 8), f32(k, 2, 8), f32(k, 8), f32(k, 3), f32(k, 2, 8), null),
                k -> k.layerNorm()
                        .forward(f32(k, 2, 8), f32(k, 8), f32(k, 7), 1e-5f, f32(k, 2, 8), f32(k, 2), f32(k, 2)),
                k -> k.groupNorm().forward(f32(k, 2, 4), f32(k, 3), f32(k, 4), TWO, f32(k, 2, 4), f32(k, 4), f32(k, 4)),
                k -> k.conv2d().forward(f32(k, 1, 2, 3, 3), f32(k, 2, 2, 2, 2), f32(k, 3), WINDOWS, f32(k, 1, 2, 2, 2)),
                k -> k.conv2d().inputGradient(f32(k, 1, 2, 3, 3), f32(k, 2, 2, 2, 2), WINDOWS, f32(k, 1, 2, 3, 3)),
                k -> k.upsample().forward(f32(k, 1, 1, 2, 2), TWICE, f32(k, 1, 1, 4, 2)),
                k -> k.rope().forward(f32(k, 2, 12), k.ofInts(0, 0), angles(k, 4), f32(k, 2, 12)),
                k -> k.rope().forward(f32(k, 2, 8), k.ofInts(0), angles(k, 4), f32(k, 2, 8)),
                k -> k.indexSelect().forward(k.ofInts(0), f32(k, 5, 4), f32(k, 1, 3)),
                k -> k.indexSelect().backward(k.ofInts(0, 1), f32(k, 1, 4), f32(k, 5, 4)),
                k -> k.logProb().forward(f32(k, 2, 5), k.ofInts(1), f32(k, 2), f32(k, 2), null),
                k -> k.logProb().backward(f32(k, 2), f32(k, 2), f32(k, 2), 0, f32(k, 2, 5)),
                k -> k.dropout().apply(f32(k, 3), 0.1f, 1, f32(k, 2)),
                k -> k.reduce().segmentSum(f32(k, 3), k.ofInts(0, 3), f32(k, 2)),
                k -> k.reduce().addColumnSums(f32(k, 2, 3), f32(k, 2)));
        for (Consumer<Kernels> mistake : mistakes) {
            String expected = message(mistake, cpu);
            assertThat(message(mistake, device)).isEqualTo(expected);
        }
    }

    private static RopeAngles angles(Kernels k, int pairs) {
        return RopeAngles.halves(f32(k, 5, pairs), f32(k, 5, pairs));
    }

    private static Tensor f32(Kernels k, int... dims) {
        return k.zeros(Shape.of(dims));
    }

    private static String message(Consumer<Kernels> mistake, Kernels k) {
        try {
            mistake.accept(k);
        } catch (ShapeException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("nothing was refused");
    }

    @Test
    void data_of_one_call_have_one_type() {
        Tensor x = device.empty(DType.BF16, Shape.of(2, 8));
        Tensor y = device.empty(DType.F32, Shape.of(2, 8));
        assertThatThrownBy(() -> device.function().apply(Fn.GELU_TANH, 0, 0, x, y))
                .isInstanceOf(ShapeException.class)
                .hasMessage("gelu_tanh: x is BF16[2, 8], expected 16 values of F32");
        Tensor half = device.empty(DType.F16, Shape.of(2, 8));
        assertThatThrownBy(() -> device.rmsNorm().forward(half, y, 1e-5f, half, y))
                .isInstanceOf(DTypeException.class)
                .hasMessage("rms_norm: x is F16, expected F32 or BF16");
    }

    @Test
    void an_index_outside_the_table_stops_the_kernel() {
        Tensor table = f32(device, 5, 4);
        Tensor y = f32(device, 1, 4);
        for (int id : new int[] {-1, 5}) {
            assertThatThrownBy(() -> device.indexSelect().forward(device.ofInts(id), table, y))
                    .isInstanceOf(Fault.class)
                    .hasMessageContaining("trap")
                    .hasMessageContaining("index_select.cu");
            assertThatThrownBy(() -> device.indexSelect().backward(device.ofInts(id), y, table))
                    .isInstanceOf(Fault.class);
            assertThatThrownBy(() -> device.rope().forward(y, device.ofInts(id), angles(device, 2), y))
                    .isInstanceOf(Fault.class);
        }
    }

    @Test
    void an_index_outside_a_table_of_four_bits_stops_the_kernel() {
        Tensor codes = device.empty(DType.U8, Shape.of(32));
        Tensor table = Tensor.coded(codes, DType.NF4, Shape.of(2, 32), new Scales(f32(device, 2), 32));
        assertThatThrownBy(() -> device.indexSelect().forward(device.ofInts(2), table, f32(device, 1, 32)))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("trap")
                .hasMessageContaining("nf4.cu");
    }

    @Test
    void magnitudes_nested_twice_are_refused() {
        Scales inner = new Scales(f32(device, 1), 256);
        Tensor once = Tensor.coded(device.empty(DType.U8, Shape.of(1)), DType.DYNAMIC8, Shape.of(1), inner);
        Tensor twice =
                Tensor.coded(device.empty(DType.U8, Shape.of(1)), DType.DYNAMIC8, Shape.of(1), new Scales(once, 256));
        Tensor w =
                Tensor.coded(device.empty(DType.U8, Shape.of(32)), DType.NF4, Shape.of(2, 32), new Scales(twice, 64));
        assertThatThrownBy(() -> device.copy(w, f32(device, 2, 32)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("nf4: magnitudes of NF4[2, 32] are nested twice, expected once at most on this device");
    }
}
