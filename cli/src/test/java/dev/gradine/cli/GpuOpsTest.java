package dev.gradine.cli;

import static dev.gradine.autograd.op.Concat.concatColumns;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.div;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.silu;
import static dev.gradine.autograd.op.Permute.transpose;
import static dev.gradine.autograd.op.PutRows.putRows;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;
import static dev.gradine.autograd.op.Softmax.softmax;
import static dev.gradine.autograd.op.SumLast.sumLast;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Functions and layout operations in BF16 on the simulator, against F32 on the CPU: which types meet in an op is
/// decided above the kernels, whose own cases do not see it.
class GpuOpsTest {

    private static final Shape A = Shape.of(6, 40);
    private static final double ROUNDINGS = 4 * 0x1p-8; // of results in a row, each rounded to BF16

    private final Kernels gpu = CudaKernels.open(new Simulator(), DType.BF16);
    private final Kernels cpu = CpuKernels.open();

    @AfterEach
    void close() {
        gpu.close();
        cpu.close();
    }

    @Test
    void a_second_operand_of_either_type_and_any_shape() {
        for (Shape b : List.of(A, Shape.of(40), Shape.of(6, 1), Shape.of(1))) {
            for (DType type : List.of(DType.BF16, DType.F32)) {
                if (b.equals(A) && type == DType.F32) continue; // values beside values are of one type
                agree((x, y) -> add(x, y), b, type);
                agree((x, y) -> mul(x, y), b, type);
                agree((x, y) -> div(x, y), b, type);
            }
        }
    }

    @Test
    void softmax_and_sums() {
        agree((x, y) -> mul(softmax(silu(x), 0.5f), y), A, DType.BF16);
        agree((x, y) -> mul(sumLast(x), y), Shape.of(6), DType.F32);
    }

    @Test
    void values_move_unchanged() {
        agree((x, y) -> add(transpose(x), reshape(y, 40, 6)), A, DType.BF16);
        agree((x, y) -> concatColumns(sliceColumns(x, 3, 20), x, y), Shape.of(6, 5), DType.BF16);
        agree((x, y) -> putRows(x, y, 4, 1), Shape.of(2, 40), DType.BF16);
    }

    private void agree(BinaryOperator<Var> net, Shape b, DType type) {
        List<float[]> got = run(gpu, net, b, DType.BF16, type);
        List<float[]> expected = run(cpu, net, b, DType.F32, DType.F32);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(error(got.get(i), expected.get(i)))
                    .as("output %d, b %s%s", i, type, b)
                    .isLessThan(ROUNDINGS);
            float[] off = got.get(i).clone();
            for (int j = 0; j < off.length; j++) off[j] *= 1.05f;
            assertThat(error(off, expected.get(i))).isGreaterThan(ROUNDINGS);
        }
    }

    /// The result and the gradients of both inputs.
    private static List<float[]> run(Kernels k, BinaryOperator<Var> net, Shape b, DType aType, DType bType) {
        Tape tape = Tape.recording(k);
        Var x = tape.leaf(tensor(k, aType, A, 1));
        Var y = tape.leaf(tensor(k, bType, b, 2));
        Var z = net.apply(x, y);
        tape.backward(z, tensor(k, z.value().dtype(), z.shape(), 3));
        List<float[]> all = new ArrayList<>();
        for (Tensor t : List.of(z.value(), x.grad(), y.grad())) all.add(k.download(t));
        return all;
    }

    /// Values that BF16 holds exactly, from ½ to 2½ in size.
    private static Tensor tensor(Kernels k, DType type, Shape shape, int seed) {
        float[] values = Cases.plain(seed, shape.size(), 2);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(values[i] * 16) / 16f + (values[i] < 0 ? -0.5f : 0.5f);
        }
        Tensor t = k.empty(type, shape);
        k.copy(k.of(shape, values), t);
        return t;
    }

    private static double error(float[] got, float[] expected) {
        double squares = 0;
        double worst = 0;
        for (float e : expected) squares += (double) e * e;
        double scale = Math.sqrt(squares / expected.length);
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs((double) got[i] - expected[i]) / Math.max(scale, Math.abs(expected[i])));
        }
        return worst;
    }
}
