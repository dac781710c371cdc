package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.Segments;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Slope;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionKernelTest {

    private static final AttentionKernel KERNEL = AttentionCpu.KERNEL;

    /// Sequences, heads and head sizes around every block and vector edge.
    record Case(Segments segments, Heads heads) {
        @Override
        public String toString() {
            return "%d sequences, %d queries, %d keys, %s"
                    .formatted(segments.count(), segments.queries(), segments.keys(), heads);
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(Segments.packed(0, 1), new Heads(1, 1, 1, 1)),
                new Case(Segments.packed(0, 1, 3, 10), new Heads(2, 1, 8, 0.4f)),
                new Case(Segments.packed(0, 17, 17, 33), new Heads(6, 2, 20, 0.3f)),
                new Case(Segments.packed(0, 63, 128), new Heads(3, 1, 64, 0.125f)),
                new Case(Segments.packed(0, 65), new Heads(2, 2, 17, 0.25f)),
                new Case(Segments.packed(0, 300), new Heads(2, 1, 16, 0.25f)),
                new Case(Segments.packed(0, 520), new Heads(1, 1, 33, 0.2f)),
                new Case(Segments.cached(1, 130), new Heads(9, 3, 64, 0.125f)),
                new Case(Segments.cached(1, 7), new Heads(4, 2, 7, 0.3f)),
                new Case(Segments.cached(5, 70), new Heads(2, 1, 32, 0.2f)),
                new Case(Segments.cached(70, 200), new Heads(2, 1, 32, 0.2f)),
                new Case(Segments.of(new int[] {0, 3, 80}, new int[] {0, 90, 190}), new Heads(2, 1, 12, 0.3f)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward_is_the_formula(Case c) {
        try (Tensors t = new Tensors()) {
            Inputs in = Inputs.of(c);
            Tensor y = t.unwritten(Shape.of(in.q.length));
            Tensor lse = t.unwritten(Shape.of(c.segments.queries() * c.heads.heads()));
            KERNEL.forward(t.of(in.q), t.of(in.k), t.of(in.v), c.heads, c.segments, y, lse);
            double[] expectedLse = new double[lse.size()];
            double[] expected = in.forward(c, expectedLse);
            Teeth.bite(t.values(y), got -> tolerance(c).check("y", got, expected));
            tolerance(c).times(2).check("lse", t.values(lse), expectedLse);
        }
    }

    private static Tolerance tolerance(Case c) {
        return Tolerance.dot(c.heads.headDim() + c.segments.keys(), 2, 2);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backward_is_the_slope_of_the_formula(Case c) {
        try (Tensors t = new Tensors()) {
            Inputs in = Inputs.of(c);
            Tensor q = t.of(in.q);
            Tensor k = t.of(in.k);
            Tensor v = t.of(in.v);
            Tensor y = t.unwritten(q.shape());
            Tensor lse = t.unwritten(Shape.of(c.segments.queries() * c.heads.heads()));
            KERNEL.forward(q, k, v, c.heads, c.segments, y, lse);
            float[] dy = Cases.plain(4, in.q.length, 1);
            Tensor dq = t.unwritten(q.shape());
            Tensor dk = t.unwritten(k.shape());
            Tensor dv = t.unwritten(v.shape());
            KERNEL.backward(new Upstream(t.of(dy), y, lse), q, k, v, c.heads, c.segments, dq, dk, dv);
            checkSlope("dq", c, in, dy, 0, t.values(dq));
            checkSlope("dk", c, in, dy, 1, t.values(dk));
            checkSlope("dv", c, in, dy, 2, t.values(dv));
        }
    }

    /// The largest entry and eight others: the formula costs O(N²) each.
    private static void checkSlope(String what, Case c, Inputs in, float[] dy, int which, float[] gradient) {
        int n = gradient.length;
        int picks = Math.min(n, 8);
        float[] got = new float[picks + 1];
        double[] expected = new double[picks + 1];
        int largest = 0;
        for (int i = 0; i < n; i++) if (Math.abs(gradient[i]) > Math.abs(gradient[largest])) largest = i;
        for (int pick = 0; pick <= picks; pick++) {
            int i = pick == picks ? largest : (int) ((long) pick * n / picks);
            got[pick] = gradient[i];
            expected[pick] = in.slope(c, dy, which, i);
        }
        double scale = 1 + Math.abs(expected[picks]);
        Tolerance tolerance = Tolerance.slope(scale, 20);
        if (c.segments.keys() == 1 && which < 2) tolerance.check(what, got, expected); // all zero: P is 1
        else Teeth.bite(got, g -> tolerance.check(what, g, expected));
    }

    @Test
    void twice_the_same_gives_the_same_bits() {
        Case c = new Case(Segments.packed(0, 600, 700), new Heads(4, 2, 16, 0.25f));
        org.assertj.core.api.Assertions.assertThat(gradients(c)).isEqualTo(gradients(c));
    }

    private static float[] gradients(Case c) {
        try (Tensors t = new Tensors()) {
            Inputs in = Inputs.of(c);
            Tensor y = t.unwritten(Shape.of(in.q.length));
            Tensor lse = t.unwritten(Shape.of(c.segments.queries() * c.heads.heads()));
            Tensor dq = t.unwritten(Shape.of(in.q.length));
            Tensor dk = t.unwritten(Shape.of(in.k.length));
            Tensor dv = t.unwritten(Shape.of(in.k.length));
            KERNEL.forward(t.of(in.q), t.of(in.k), t.of(in.v), c.heads, c.segments, y, lse);
            Upstream up = new Upstream(t.of(in.q), y, lse);
            KERNEL.backward(up, t.of(in.q), t.of(in.k), t.of(in.v), c.heads, c.segments, dq, dk, dv);
            float[] all = new float[in.q.length + 2 * in.k.length];
            System.arraycopy(t.values(dq), 0, all, 0, in.q.length);
            System.arraycopy(t.values(dk), 0, all, in.q.length, in.k.length);
            System.arraycopy(t.values(dv), 0, all, in.q.length + in.k.length, in.k.length);
            return all;
        }
    }

    /// Values of one case.
    @SuppressWarnings("ArrayRecordComponent") // a bundle of test values, never compared
    record Inputs(float[] q, float[] k, float[] v) {

        static Inputs of(Case c) {
            int qs = c.segments.queries() * c.heads.heads() * c.heads.headDim();
            int ks = c.segments.keys() * c.heads.kvHeads() * c.heads.headDim();
            return new Inputs(Cases.plain(1, qs, 2), Cases.plain(2, ks, 2), Cases.plain(3, ks, 2));
        }

        double[] forward(Case c, double[] lse) {
            return AttentionReference.forward(
                    Cases.doubles(q), Cases.doubles(k), Cases.doubles(v), c.heads, c.segments, lse);
        }

        /// `∂ Σ y·dy / ∂ x_i` for x = q, k or v.
        double slope(Case c, float[] dy, int which, int i) {
            double[][] x = {Cases.doubles(q), Cases.doubles(k), Cases.doubles(v)};
            double[] lse = new double[c.segments.queries() * c.heads.heads()];
            return Slope.of(
                    moved -> {
                        double sum = 0;
                        double[] y = AttentionReference.forward(x[0], x[1], x[2], c.heads, c.segments, lse);
                        for (int j = 0; j < y.length; j++) sum += y[j] * dy[j];
                        return sum;
                    },
                    x[which],
                    i);
        }
    }
}
