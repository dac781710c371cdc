package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.LinearLogProb.linearLogProb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `linear_log_prob` against the formula, its chunks, and what it refuses.
class LinearLogProbTest {

    /// Three rows of c channels over a vocabulary of 11.
    private static OpCheck scored(int c, float smoothing) {
        int[] targets = {10, 0, 4};
        return OpCheck.of(
                        (t, in) -> linearLogProb(
                                in.get(0),
                                in.get(1),
                                t.kernels().ofInts(targets),
                                LogProbTest.stats(t.kernels(), 3),
                                smoothing),
                        in -> LogProbTest.reference(OpCheck.product(in.get(0), in.get(1), c), targets, smoothing),
                        Shape.of(3, c),
                        Shape.of(11, c))
                .with(1, Cases.plain(6, 11 * c, (float) (1 / Math.sqrt(c))));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_formula(int c) {
        scored(c, 0).forward(Tolerance.dot(c, 3, 1).times(2));
        scored(c, 0.25f).forward(Tolerance.dot(c, 3, 1).times(2));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        scored(c, 0).gradients(Tolerance.slope(10, 16));
        scored(c, 0.25f).gradients(Tolerance.slope(10, 16));
    }

    /// 131 rows over 131,072 tokens are two chunks, of at most 64 MB each.
    @Test
    void a_row_does_not_depend_on_its_chunk() {
        int v = 1 << 17;
        float[] h = Cases.plain(1, 131, 1);
        int[] targets = Cases.indices(2, 131, v);
        float[] w = Cases.plain(3, v, 1);
        List<float[]> whole = gradients(h, w, targets);
        List<float[]> first = gradients(Arrays.copyOf(h, 70), w, Arrays.copyOf(targets, 70));
        List<float[]> second = gradients(Arrays.copyOfRange(h, 70, 131), w, Arrays.copyOfRange(targets, 70, 131));
        assertThat(Arrays.copyOf(whole.get(0), 70)).isEqualTo(first.get(0));
        assertThat(Arrays.copyOfRange(whole.get(0), 70, 131)).isEqualTo(second.get(0));
        double[] dw = Cases.doubles(first.get(1));
        for (int i = 0; i < v; i++) dw[i] += second.get(1)[i];
        Tolerance.sum(131, 1).check("dw", whole.get(1), dw);
    }

    /// Gradients of h and W.
    private static List<float[]> gradients(float[] h, float[] w, int[] targets) {
        try (Kernels run = CpuKernels.open();
                Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Var x = tape.leaf(k.of(Shape.of(h.length, 1), h));
            Var head = tape.leaf(k.of(Shape.of(w.length, 1), w));
            Var y = linearLogProb(x, head, k.ofInts(targets), null);
            tape.backward(y, k.of(Shape.of(h.length), h));
            return List.of(k.download(x.grad()), k.download(head.grad()));
        }
    }

    /// With a frozen head the gradient is computed in the forward pass, with a trained one from logits computed again.
    @Test
    void both_ways_to_the_gradient_of_h_agree() {
        float[] h = Cases.plain(7, 5 * 6, 1);
        float[] w = Cases.plain(8, 11 * 6, 1);
        float[] again = gradientOfRows(h, w, true);
        float[] once = gradientOfRows(h, w, false);
        Tolerance.sum(11, 2).check("dh", once, Cases.doubles(again));
        once[3] *= 1.01f;
        assertThatThrownBy(() -> Tolerance.sum(11, 2).check("dh", once, Cases.doubles(again)))
                .isInstanceOf(AssertionError.class);
    }

    private static float[] gradientOfRows(float[] h, float[] w, boolean trained) {
        try (Kernels run = CpuKernels.open();
                Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Var x = tape.leaf(k.of(Shape.of(5, 6), h));
            Tensor weight = k.of(Shape.of(11, 6), w);
            Var head = trained ? tape.leaf(weight) : tape.constant(weight);
            Var y = linearLogProb(x, head, k.ofInts(1, 10, 0, 5, 5), LogProbTest.stats(k, 5), 0.3f);
            tape.backward(y, k.of(Shape.of(5), 0.5f, -1, 2, 0, 1));
            return k.download(x.grad());
        }
    }

    @Test
    void refuses_another_inner_size() {
        assertThatThrownBy(() -> OpCheck.run(
                        (t, in) ->
                                linearLogProb(in.get(0), in.get(1), t.kernels().ofInts(0, 1), null),
                        Shape.of(2, 3),
                        Shape.of(5, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("linear_log_prob: h is [2, 3], expected [2, 4] (last axis of w [5, 4])");
    }

    @Test
    void refuses_another_number_of_targets() {
        assertThatThrownBy(() -> OpCheck.run(
                        (t, in) ->
                                linearLogProb(in.get(0), in.get(1), t.kernels().ofInts(0), null),
                        Shape.of(2, 4),
                        Shape.of(5, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("linear_log_prob: targets is [1], expected [2] (rows of h [2, 4])");
    }
}
