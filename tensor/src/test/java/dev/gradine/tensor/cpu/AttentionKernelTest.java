package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionKernelTest {

    private static final AttentionKernel KERNEL = AttentionCpu.KERNEL;
    private static final Mask FULL = new Mask.Full();

    /// Sequences, heads and head sizes around every block and vector edge.
    record Case(Sequences sequences, AttentionSpec spec) {
        @Override
        public String toString() {
            return "%d sequences, %d queries, %d keys, %s"
                    .formatted(sequences.count(), sequences.queries(), sequences.keys(), spec);
        }
    }

    static Stream<Case> cases() {
        return Stream.of(causal(), masked(), capped(), apart()).flatMap(c -> c);
    }

    private static Stream<Case> causal() {
        return Stream.of(
                new Case(Sequences.packed(0, 1), AttentionSpec.causal(1, 1, 1, 1)),
                new Case(Sequences.packed(0, 1, 3, 10), AttentionSpec.causal(2, 1, 8, 0.4f)),
                new Case(Sequences.packed(0, 17, 17, 33), AttentionSpec.causal(6, 2, 20, 0.3f)),
                new Case(Sequences.packed(0, 63, 128), AttentionSpec.causal(3, 1, 64, 0.125f)),
                new Case(Sequences.packed(0, 65), AttentionSpec.causal(2, 2, 17, 0.25f)),
                new Case(Sequences.packed(0, 300), AttentionSpec.causal(2, 1, 16, 0.25f)),
                new Case(Sequences.packed(0, 520), AttentionSpec.causal(1, 1, 33, 0.2f)),
                new Case(Sequences.packed(0, 96, 193), AttentionSpec.causal(2, 1, 80, 0.1f)),
                new Case(Sequences.cached(1, 130), AttentionSpec.causal(9, 3, 64, 0.125f)),
                new Case(Sequences.cached(1, 7), AttentionSpec.causal(4, 2, 7, 0.3f)),
                new Case(Sequences.cached(5, 70), AttentionSpec.causal(2, 1, 32, 0.2f)),
                new Case(Sequences.cached(70, 200), AttentionSpec.causal(2, 1, 32, 0.2f)),
                new Case(
                        Sequences.of(new int[] {0, 3, 80}, new int[] {0, 90, 190}),
                        AttentionSpec.causal(2, 1, 12, 0.3f)),
                new Case(branching(-1, 5, 0, 2, 0, 1), AttentionSpec.causal(4, 2, 7, 0.3f)),
                new Case(branching(-1, 70, -1, 3, 0, 66, 1, 40, 0, 0), AttentionSpec.causal(2, 1, 20, 0.2f)),
                new Case(branching(-1, 0, -1, 200, 1, 10, 0, 9, 1, 30), AttentionSpec.causal(2, 1, 9, 0.3f)));
    }

    /// Windows and chunks shorter than a tile, about as long and longer, across the end of a shared prompt too.
    private static Stream<Case> masked() {
        AttentionSpec few = AttentionSpec.causal(2, 1, 8, 0.4f);
        Sequences branches = branching(-1, 70, -1, 3, 0, 66, 1, 40, 0, 0);
        Sequences longPrompt = branching(-1, 0, -1, 200, 1, 10, 0, 9, 1, 30);
        return Stream.of(
                        under(Sequences.packed(0, 1, 3, 10), few, FULL, window(1), window(2), chunk(1), chunk(3)),
                        under(
                                Sequences.packed(0, 300),
                                few,
                                FULL,
                                window(1),
                                window(7),
                                window(97),
                                window(150),
                                chunk(130)),
                        under(Sequences.packed(0, 520), AttentionSpec.causal(1, 1, 33, 0.2f), window(96), chunk(96)),
                        under(Sequences.cached(1, 130), few, FULL, window(40), window(200), chunk(50)),
                        under(Sequences.cached(3, 130), few, FULL, window(2), chunk(129)),
                        under(Sequences.cached(70, 200), few, FULL, window(20), chunk(64)),
                        under(branches, few, FULL, window(1), window(10), window(80), chunk(32), chunk(60)),
                        under(longPrompt, few, FULL, window(25), window(205), chunk(150)),
                        under(Sequences.of(new int[] {0, 150, 153, 154}, new int[] {0, 20, 27, 28}), few, FULL),
                        under(Sequences.of(new int[] {0, 200}, new int[] {0, 110}), few, FULL))
                .flatMap(c -> c);
    }

    private static Stream<Case> under(Sequences sequences, AttentionSpec spec, Mask... masks) {
        return Stream.of(masks).map(mask -> new Case(sequences, spec.with(mask)));
    }

    private static Mask window(int keys) {
        return new Mask.Window(keys);
    }

    private static Mask chunk(int keys) {
        return new Mask.Chunk(keys);
    }

    /// A cap far above the scores, near them, and far below.
    private static Stream<Case> capped() {
        AttentionSpec spec = AttentionSpec.causal(2, 1, 20, 0.3f);
        Sequences branches = branching(-1, 70, -1, 3, 0, 66, 1, 40, 0, 0);
        return Stream.of(
                new Case(Sequences.packed(0, 1, 3, 10), spec.withSoftCap(2)),
                new Case(Sequences.packed(0, 150), spec.withSoftCap(50)),
                new Case(Sequences.packed(0, 150), spec.withSoftCap(0.5f)),
                new Case(Sequences.packed(0, 150), spec.withSoftCap(2).with(window(40))),
                new Case(
                        Sequences.of(new int[] {0, 150}, new int[] {0, 110}),
                        spec.withSoftCap(2).with(FULL)),
                new Case(Sequences.cached(1, 130), spec.withSoftCap(2)),
                new Case(Sequences.cached(1, 130), spec.withSoftCap(2).with(window(33))),
                new Case(branches, spec.withSoftCap(2)),
                new Case(branches, spec.withSoftCap(2).with(chunk(60))));
    }

    /// Several caches with room between them, in any order, also one that others continue.
    private static Stream<Case> apart() {
        AttentionSpec few = AttentionSpec.causal(4, 2, 7, 0.3f);
        Sequences caches =
                Sequences.ranges(new int[] {0, 1, 3, 120}, new int[] {300, 0, 150}, new int[] {40, 30, 130}, 360);
        Sequences prompt = Sequences.ranges(new int[] {0, 0, 1, 5}, new int[] {210, 10, 40}, new int[] {130, 6, 4}, 350)
                .continuing(new int[] {-1, 0, 0});
        Mask causal = new Mask.Causal();
        return Stream.concat(
                under(caches, few, causal, FULL, window(33), chunk(50)),
                under(prompt, few, causal, FULL, window(3), window(20), chunk(100)));
    }

    /// Pairs of a sequence's parent and its length.
    private static Sequences branching(int... parentsAndLengths) {
        int n = parentsAndLengths.length / 2;
        int[] start = new int[n + 1];
        int[] parent = new int[n];
        for (int s = 0; s < n; s++) {
            parent[s] = parentsAndLengths[2 * s];
            start[s + 1] = start[s] + parentsAndLengths[2 * s + 1];
        }
        return Sequences.branching(start, parent);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward_is_the_formula(Case c) {
        try (Tensors t = new Tensors()) {
            Inputs in = Inputs.of(c);
            Tensor y = t.unwritten(Shape.of(in.q.length));
            Tensor lse = t.unwritten(Shape.of(c.sequences.queries() * c.spec.heads()));
            KERNEL.forward(t.of(in.q), t.of(in.k), t.of(in.v), c.spec, c.sequences, y, lse);
            double[] expectedLse = new double[lse.size()];
            double[] expected = in.forward(c, expectedLse);
            Teeth.bite(t.values(y), got -> tolerance(c).check("y", got, expected));
            tolerance(c).times(2).check("lse", t.values(lse), expectedLse);
        }
    }

    private static Tolerance tolerance(Case c) {
        return Tolerance.dot(c.spec.headDim() + c.sequences.keys(), 2, 2);
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
        boolean certain = c.sequences.keys() == 1 || Set.of(window(1), chunk(1)).contains(c.spec.mask());
        if (certain && which < 2) tolerance.check(what, got, expected); // all zero: P is 1
        else Teeth.bite(got, g -> tolerance.check(what, g, expected));
    }

    /// Rows of a prompt, of answers a and b, and what of them stands twice where each answer has its own prompt.
    @ParameterizedTest
    @ValueSource(ints = {1, 30, 96, 200})
    void a_shared_prompt_is_two_equal_ones(int prompt) {
        int a = 70;
        int b = 21;
        AttentionSpec spec = AttentionSpec.causal(2, 1, 16, 0.25f);
        Case shared = new Case(branching(-1, prompt, 0, a, 0, b), spec);
        Case apart = new Case(Sequences.packed(0, prompt + a, 2 * prompt + a + b), spec);
        Inputs in = Inputs.of(shared);
        float[] dy = Cases.plain(4, in.q.length, 1);
        int width = spec.heads() * spec.headDim();
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
        Case c = new Case(branching(-1, 300, -1, 50, 0, 200), AttentionSpec.causal(4, 2, 16, 0.25f));
        assertThat(gradients(c)).isEqualTo(gradients(c));
    }

    @Test
    void one_thread_gives_the_bits_of_many() {
        Case c = new Case(branching(-1, 200, -1, 50, 0, 150), AttentionSpec.causal(4, 2, 16, 0.25f));
        float[][] alone = new float[2][];
        Parallel.forEach(2, part -> alone[part] = part == 0 ? gradients(c) : new float[0]); // within a part: one thread
        assertThat(gradients(c)).isEqualTo(alone[0]);
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
                Tensor lse = t.unwritten(Shape.of(c.sequences.queries() * c.spec.heads()));
                Tensor dq = t.unwritten(q.shape());
                Tensor dk = t.unwritten(k.shape());
                Tensor dv = t.unwritten(v.shape());
                KERNEL.forward(q, k, v, c.spec, c.sequences, y, lse);
                KERNEL.backward(new Upstream(t.of(dy), y, lse), q, k, v, c.spec, c.sequences, dq, dk, dv);
                return new Result(t.values(y), t.values(dq), t.values(dk), t.values(dv));
            }
        }
    }

    /// Values of one case.
    @SuppressWarnings("ArrayRecordComponent") // a bundle of test values, never compared
    record Inputs(float[] q, float[] k, float[] v) {

        static Inputs of(Case c) {
            int qs = c.sequences.queries() * c.spec.heads() * c.spec.headDim();
            int ks = c.sequences.keys() * c.spec.kvHeads() * c.spec.headDim();
            return new Inputs(Cases.plain(1, qs, 2), Cases.plain(2, ks, 2), Cases.plain(3, ks, 2));
        }

        double[] forward(Case c, double[] lse) {
            return AttentionReference.forward(
                    Cases.doubles(q), Cases.doubles(k), Cases.doubles(v), c.spec, c.sequences, lse);
        }

        /// `∂ Σ y·dy / ∂ x_i` for x = q, k or v.
        double slope(Case c, float[] dy, int which, int i) {
            double[][] x = {Cases.doubles(q), Cases.doubles(k), Cases.doubles(v)};
            double[] lse = new double[c.sequences.queries() * c.spec.heads()];
            return FiniteDifference.of(
                    moved -> {
                        double sum = 0;
                        double[] y = AttentionReference.forward(x[0], x[1], x[2], c.spec, c.sequences, lse);
                        for (int j = 0; j < y.length; j++) sum += y[j] * dy[j];
                        return sum;
                    },
                    x[which],
                    i);
        }
    }
}
