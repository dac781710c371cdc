package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Oracle: the formula in double, head by head, over sequences that are no multiple of the group.
class ShiftedAttentionTest {

    private static final int D = 3;
    private static final int[] LENGTHS = {11, 2, 8};
    private static final int ROWS = 21;

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    /// @param group g
    private record Case(int heads, int kvHeads, int group) {

        AttentionSpec spec() {
            return AttentionSpec.causal(heads, kvHeads, D, 0.7f);
        }

        double[] reference(double[] q, double[] k, double[] v) {
            double[] y = new double[q.length];
            for (int s = 0, start = 0; s < LENGTHS.length; start += LENGTHS[s++]) {
                for (int p = 0; p < LENGTHS[s]; p++) {
                    for (int h = 0; h < heads; h++) row(List.of(q, k, v), start, p, h, y);
                }
            }
            return y;
        }

        private void row(List<double[]> in, int start, int p, int h, double[] y) {
            int shift = h >= heads / 2 ? group / 2 : 0;
            int at = ((start + p) * heads + h) * D;
            double sum = 0;
            for (int j = 0; j <= p; j++) {
                if ((j + shift) / group != (p + shift) / group) continue;
                int key = ((start + j) * kvHeads + h * kvHeads / heads) * D;
                double dot = 0;
                for (int i = 0; i < D; i++) dot += in.get(0)[at + i] * in.get(1)[key + i];
                double e = Math.exp(0.7 * dot);
                sum += e;
                for (int i = 0; i < D; i++) y[at + i] += e * in.get(2)[key + i];
            }
            for (int i = 0; i < D; i++) y[at + i] /= sum;
        }
    }

    private static Sequences rows() {
        return Sequences.packed(0, 11, 13, ROWS);
    }

    @ParameterizedTest
    @CsvSource({"4,4,4", "4,2,4", "4,1,6", "9,3,2", "3,1,8", "5,5,10"})
    void forward_and_gradient_are_those_of_the_formula(int heads, int kvHeads, int group) {
        Case c = new Case(heads, kvHeads, group);
        float[] q = Cases.plain(1, ROWS * heads * D, 1);
        float[] k = Cases.plain(2, ROWS * kvHeads * D, 1);
        float[] v = Cases.plain(3, ROWS * kvHeads * D, 1);
        float[] dy = Cases.plain(4, q.length, 1);
        try (Kernels step = run.openStep()) {
            Tape tape = Tape.recording(step);
            Var qs = tape.leaf(step.of(Shape.of(ROWS, heads * D), q));
            Var ks = tape.leaf(step.of(Shape.of(ROWS, kvHeads * D), k));
            Var vs = tape.leaf(step.of(Shape.of(ROWS, kvHeads * D), v));
            Var y = ShiftedAttention.attended(new SelfAttention.Qkv(qs, ks, vs), c.spec(), group, rows());
            double[] expected = c.reference(Cases.doubles(q), Cases.doubles(k), Cases.doubles(v));
            Teeth.bite(step.download(y.value()), x -> Tolerance.dot(16, 2, 2).check("y", x, expected));
            tape.backward(y, step.of(y.shape(), dy));
            double[] at = Cases.doubles(k);
            float[] dk = step.download(ks.grad());
            double[] slopes = FiniteDifference.of(
                    x -> {
                        double[] out = c.reference(Cases.doubles(q), x, Cases.doubles(v));
                        double sum = 0;
                        for (int i = 0; i < out.length; i++) sum += dy[i] * out[i];
                        return sum;
                    },
                    at);
            Teeth.bite(dk, x -> Tolerance.slope(40, 8).check("dk", x, slopes));
        }
    }

    @Test
    void a_layer_with_a_window_keeps_it() {
        AttentionSpec spec = AttentionSpec.causal(2, 2, D, 1).with(new Mask.Window(3));
        float[] x = Cases.plain(1, ROWS * 2 * D, 1);
        try (Kernels step = run.openStep()) {
            Tape tape = Tape.noGrad(step);
            Var v = tape.constant(step.of(Shape.of(ROWS, 2 * D), x));
            Var y = ShiftedAttention.attended(new SelfAttention.Qkv(v, v, v), spec, 4, rows());
            Var plain = dev.gradine.autograd.op.Attention.attention(v, v, v, spec, rows());
            Tolerance.exact().check("y", step.download(y.value()), Cases.doubles(step.download(plain.value())));
        }
    }

    @Test
    void one_head_has_no_half() {
        AttentionSpec spec = AttentionSpec.causal(1, 1, D, 1);
        try (Kernels step = run.openStep()) {
            Var v = Tape.noGrad(step).constant(step.zeros(Shape.of(ROWS, D)));
            assertThatThrownBy(() -> ShiftedAttention.attended(new SelfAttention.Qkv(v, v, v), spec, 4, rows()))
                    .hasMessage("longlora-group: 4, expected none: a layer has 1 head, and half of them are shifted");
        }
    }
}
