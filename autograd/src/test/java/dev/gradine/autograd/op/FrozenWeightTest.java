package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.LinearLogProb.linearLogProb;
import static dev.gradine.autograd.op.LowRankLinear.lowRankLinear;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.function.BinaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A frozen weight of half precision computes what its values in f32 do, forwards and backwards.
class FrozenWeightTest {

    private static final int OUT = 9;
    private static final int IN = 17;

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void linear_reads_it(DType type) {
        same(type, (x, w) -> matMul(x, w));
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void low_rank_linear_reads_it(DType type) {
        same(type, (x, w) -> {
            Kernels k = x.tape().kernels();
            Var a = x.tape().constant(k.of(Shape.of(2, IN), Cases.plain(4, 2 * IN, 1)));
            Var b = x.tape().constant(k.of(Shape.of(OUT, 2), Cases.plain(5, 2 * OUT, 1)));
            return lowRankLinear(x, w, a, b, 0.5f);
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void linear_log_prob_reads_it(DType type) {
        same(type, (x, w) -> linearLogProb(x, w, x.tape().kernels().ofInts(8, 0, 4), null));
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void index_select_reads_it(DType type) {
        same(type, (x, w) -> Functions.add(x, indexSelect(w, x.tape().kernels().ofInts(8, 0, 8))));
    }

    /// Result and input gradient with W of the type and with the same values in f32.
    private static void same(DType type, BinaryOperator<Var> op) {
        try (Kernels run = CpuKernels.open();
                Kernels k = run.openStep()) {
            Shape shape = Shape.of(OUT, IN);
            Tensor half = k.empty(type, shape);
            k.copy(k.of(shape, Cases.plain(1, OUT * IN, 1)), half);
            Tensor single = k.of(shape, k.download(half));
            Tolerance tolerance = Tolerance.dot(IN, 3, 3);
            for (boolean backward : new boolean[] {false, true}) {
                double[] expected = Cases.doubles(run(k, op, single, backward));
                Teeth.bite(run(k, op, half, backward), y -> tolerance.check(type + "", y, expected));
            }
        }
    }

    private static float[] run(Kernels k, BinaryOperator<Var> op, Tensor w, boolean backward) {
        Tape tape = Tape.recording(k);
        Var x = tape.leaf(k.of(Shape.of(3, IN), Cases.mild(2, 3 * IN)));
        Var y = op.apply(x, tape.constant(w));
        if (!backward) return k.download(y.value());
        tape.backward(y, k.of(y.shape(), Cases.plain(3, y.value().size(), 1)));
        return k.download(x.grad());
    }
}
