package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
                new Case(Segments.of(new int[] {0, 3, 80}, new int[] {0, 90, 190}), new Heads(2, 1, 12, 0.3f)),
                new Case(branching(-1, 5, 0, 2, 0, 1), new Heads(4, 2, 7, 0.3f)),
                new Case(branching(-1, 70, -1, 3, 0, 66, 1, 40, 0, 0), new Heads(2, 1, 20, 0.2f)),
                new Case(branching(-1, 0, -1, 300, 1, 10, 0, 9, 1, 150), new Heads(2, 1, 16, 0.25f)));
    }

    /// Pairs of a sequence's parent and its length.
    private static Segments branching(int... parentsAndLengths) {
        int n = parentsAndLengths.length / 2;
        int[] start = new int[n + 1];
        int[] parent = new int[n];
        for (int s = 0; s < n; s++) {
            parent[s] = parentsAndLengths[2 * s];
            start[s + 1] = start[s] + parentsAndLengths[2 * s + 1];
        }
        return Segments.branching(start, parent);
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
        Inputs in = Inputs.of(c);
        float[] dy = Cases.plain(4, in.q.length, 1);
        Result r = Result.of(c, in, dy);
        checkSlope("dq", c, in, dy, 0, r.dq);
        checkSlope("dk", c, in, dy, 1, r.dk);
        checkSlope("dv", c, in, dy, 2, r.dv);
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

    /// Rows of a prompt, of answers a and b, and what of them stands twice where each answer has its own prompt.
    @ParameterizedTest
    @ValueSource(ints = {1, 30, 64, 200})
    void a_shared_prompt_is_two_equal_ones(int prompt) {
        int a = 70;
        int b = 21;
        Heads heads = new Heads(2, 1, 16, 0.25f);
        Case shared = new Case(branching(-1, prompt, 0, a, 0, b), heads);
        Case apart = new Case(Segments.packed(0, prompt + a, 2 * prompt + a + b), heads);
        Inputs in = Inputs.of(shared);
        float[] dy = Cases.plain(4, in.q.length, 1);
        int width = heads.heads() * heads.headDim();
        float[] once = dy.clone(); // the prompt's own y enters the loss once
        Arrays.fill(once, 0, prompt * width, 0);
        Rows rows = new Rows(prompt, a, b);
        Inputs twice = new Inputs(rows.twice(in.q, width), rows.twice(in.k, 16), rows.twice(in.v, 16));
        float[] dyTwice = rows.join(rows.first(dy, width), rows.second(once, width));
        Result expected = Result.of(apart, twice, dyTwice);
        Result got = Result.of(shared, in, dy);
        Tolerance near = Tolerance.dot(300, 2, 2);
        Teeth.bite(got.y, y -> near.check("y", rows.twice(y, width), Cases.doubles(expected.y)));
        Teeth.bite(got.dq, dq -> near.check("dq", dq, rows.summed(expected.dq, width)));
        Teeth.bite(got.dk, dk -> near.check("dk", dk, rows.summed(expected.dk, 16)));
        Teeth.bite(got.dv, dv -> near.check("dv", dv, rows.summed(expected.dv, 16)));
    }

    /// Where prompt, answer a and answer b lie: `[prompt, a, b]` or `[prompt, a, prompt, b]`.
    record Rows(int prompt, int a, int b) {

        float[] first(float[] x, int width) {
            return Arrays.copyOf(x, (prompt + a) * width);
        }

        float[] second(float[] x, int width) {
            float[] answer = Arrays.copyOfRange(x, (prompt + a) * width, (prompt + a + b) * width);
            return join(Arrays.copyOf(x, prompt * width), answer);
        }

        float[] twice(float[] x, int width) {
            return join(first(x, width), second(x, width));
        }

        float[] join(float[] x, float[] y) {
            float[] both = Arrays.copyOf(x, x.length + y.length);
            System.arraycopy(y, 0, both, x.length, y.length);
            return both;
        }

        double[] summed(float[] x, int width) {
            double[] sums = new double[(prompt + a + b) * width];
            int second = (prompt + a) * width;
            for (int i = 0; i < second; i++) sums[i] = x[i];
            for (int i = 0; i < prompt * width; i++) sums[i] += x[second + i];
            for (int i = second; i < sums.length; i++) sums[i] = x[i + prompt * width];
            return sums;
        }
    }

    @Test
    void twice_the_same_gives_the_same_bits() {
        Case c = new Case(branching(-1, 600, -1, 100, 0, 300), new Heads(4, 2, 16, 0.25f));
        assertThat(gradients(c)).isEqualTo(gradients(c));
    }

    private static float[] gradients(Case c) {
        Inputs in = Inputs.of(c);
        Result r = Result.of(c, in, in.q);
        float[] all = Arrays.copyOf(r.dq, r.dq.length + 2 * r.dk.length);
        System.arraycopy(r.dk, 0, all, r.dq.length, r.dk.length);
        System.arraycopy(r.dv, 0, all, r.dq.length + r.dk.length, r.dk.length);
        return all;
    }

    /// What the kernel makes of some inputs.
    @SuppressWarnings("ArrayRecordComponent") // a bundle of test values, never compared
    record Result(float[] y, float[] dq, float[] dk, float[] dv) {

        static Result of(Case c, Inputs in, float[] dy) {
            try (Tensors t = new Tensors()) {
                Tensor q = t.of(in.q);
                Tensor k = t.of(in.k);
                Tensor v = t.of(in.v);
                Tensor y = t.unwritten(q.shape());
                Tensor lse = t.unwritten(Shape.of(c.segments.queries() * c.heads.heads()));
                Tensor dq = t.unwritten(q.shape());
                Tensor dk = t.unwritten(k.shape());
                Tensor dv = t.unwritten(v.shape());
                KERNEL.forward(q, k, v, c.heads, c.segments, y, lse);
                KERNEL.backward(new Upstream(t.of(dy), y, lse), q, k, v, c.heads, c.segments, dq, dk, dv);
                return new Result(t.values(y), t.values(dq), t.values(dk), t.values(dv));
            }
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
