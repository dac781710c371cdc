package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Attention.attention;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `attention` against the formula, and what it refuses.
class AttentionTest {

    private static final Sequences PACKED = Sequences.packed(0, 3, 3, 8);
    private static final Sequences CACHED = Sequences.cached(2, 6);
    private static final Sequences BRANCHING = Sequences.branching(new int[] {0, 4, 6, 9}, new int[] {-1, 0, 0});
    private static final Sequences CACHES =
            Sequences.ranges(new int[] {0, 1, 4}, new int[] {7, 1}, new int[] {3, 5}, 12);
    private static final Sequences CROSS = Sequences.of(new int[] {0, 5, 6}, new int[] {0, 2, 6});

    private static AttentionSpec spec(int d) {
        return AttentionSpec.causal(4, 2, d, (float) (1 / Math.sqrt(d)));
    }

    private static OpCheck attended(AttentionSpec spec, Sequences s) {
        int d = spec.headDim();
        return OpCheck.of(
                (_, v) -> attention(v.get(0), v.get(1), v.get(2), spec, s),
                in -> reference(in, spec, s),
                Shape.of(s.queries(), 4 * d),
                Shape.of(s.keys(), 2 * d),
                Shape.of(s.keys(), 2 * d));
    }

    /// @param in q, k, v, and the scores of sinks if there are some
    static double[] reference(List<double[]> in, AttentionSpec spec, Sequences s) {
        double[] y = new double[in.get(0).length];
        for (int seq = 0; seq < s.count(); seq++) {
            for (int i = 0; i < s.queries(seq); i++) {
                for (int head = 0; head < spec.heads(); head++) row(in, spec, s, new Place(seq, i, head), y);
            }
        }
        return y;
    }

    /// Query number i of one sequence, and one head.
    private record Place(int sequence, int query, int head) {}

    private static void row(List<double[]> in, AttentionSpec spec, Sequences s, Place at, double[] y) {
        int parent = s.parent(at.sequence());
        int shared = parent < 0 ? 0 : s.keys(parent);
        int keys = shared + s.keys(at.sequence());
        int position = keys - s.queries(at.sequence()) + at.query();
        int d = spec.headDim();
        int group = at.head() / (spec.heads() / spec.kvHeads());
        int q = ((s.queryStart(at.sequence()) + at.query()) * spec.heads() + at.head()) * d;
        double sum = in.size() > 3 ? Math.exp(in.get(3)[at.head()]) : 0;
        double[] p = new double[keys];
        int[] k = new int[keys];
        for (int j = 0; j < keys; j++) {
            int row = j < shared ? s.keyStart(parent) + j : s.keyStart(at.sequence()) + j - shared;
            k[j] = (row * spec.kvHeads() + group) * d;
            p[j] = sees(spec.mask(), position, j) ? Math.exp(score(in, spec, q, k[j])) : 0;
            sum += p[j];
        }
        for (int j = 0; j < keys; j++) {
            for (int i = 0; i < d; i++) y[q + i] += p[j] / sum * in.get(2)[k[j] + i];
        }
    }

    private static double score(List<double[]> in, AttentionSpec spec, int q, int k) {
        double dot = 0;
        for (int i = 0; i < spec.headDim(); i++) dot += in.get(0)[q + i] * in.get(1)[k + i];
        double score = dot * spec.scale();
        return spec.softCap() > 0 ? spec.softCap() * Math.tanh(score / spec.softCap()) : score;
    }

    private static boolean sees(Mask mask, int position, int key) {
        return switch (mask) {
            case Mask.Causal() -> key <= position;
            case Mask.Full() -> true;
            case Mask.Window(int w) -> key <= position && position - key < w;
            case Mask.Around(int r) -> Math.abs(position - key) <= r;
            case Mask.Chunk(int c, int h) -> key <= position && (position + h) / c == (key + h) / c;
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 16, 17, 64, 65})
    void forward_is_the_papers_formula(int d) {
        attended(spec(d), PACKED).forward(Tolerance.dot(d, 9, 3));
        attended(spec(d), CACHED).forward(Tolerance.dot(d, 9, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 17})
    void gradient_is_the_slope_of_the_reference(int d) {
        attended(spec(d), PACKED).gradients(Tolerance.slope(40, 8));
        attended(spec(d), CACHED).gradients(Tolerance.slope(40, 8));
    }

    static Stream<AttentionSpec> masks() {
        AttentionSpec causal = spec(8);
        return Stream.of(
                causal,
                causal.with(new Mask.Full()),
                causal.with(new Mask.Window(2)),
                causal.with(new Mask.Around(1)),
                causal.with(new Mask.Chunk(3)),
                causal.with(new Mask.Chunk(4, 2)),
                causal.withSoftCap(2),
                causal.withSoftCap(2).with(new Mask.Full()),
                causal.withSoftCap(2).with(new Mask.Window(2)),
                causal.withSoftCap(2).with(new Mask.Chunk(3)));
    }

    @ParameterizedTest
    @MethodSource("masks")
    void every_mask_and_cap_is_the_formula_for_packed_cached_branching_and_scattered_sequences(AttentionSpec spec) {
        for (Sequences s : List.of(PACKED, CACHED, BRANCHING, CACHES)) {
            attended(spec, s).forward(Tolerance.dot(8, 9, 3));
            attended(spec, s).gradients(Tolerance.slope(40, 8));
        }
    }

    @Test
    void queries_may_outnumber_the_keys_that_all_of_them_see() {
        for (float cap : new float[] {0, 2}) {
            AttentionSpec spec = spec(8).with(new Mask.Full()).withSoftCap(cap);
            attended(spec, CROSS).forward(Tolerance.dot(8, 9, 3));
            attended(spec, CROSS).gradients(Tolerance.slope(40, 8));
        }
    }

    @Test
    void refuses_more_queries_than_keys_under_any_other_mask() {
        AttentionSpec spec = spec(2).with(new Mask.Window(4));
        assertThatThrownBy(() -> attending(spec, CROSS, Shape.of(6, 8), Shape.of(6, 4), Shape.of(6, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: sequence 0 has 2 keys, expected at least its 5 queries (mask window 4)");
    }

    @Test
    void refuses_queries_that_do_not_fit_the_heads() {
        assertThatThrownBy(() -> attending(spec(2), PACKED, Shape.of(8, 7), Shape.of(8, 4), Shape.of(8, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: q is [8, 7], expected [8, 8] (query rows, 4 heads of size 2)");
    }

    @Test
    void refuses_keys_that_do_not_fit_the_sequences() {
        assertThatThrownBy(() -> attending(spec(2), PACKED, Shape.of(8, 8), Shape.of(7, 4), Shape.of(8, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: k is [7, 4], expected [8, 4] (key rows, 2 heads of size 2)");
    }

    @Test
    void refuses_values_that_do_not_fit_the_heads() {
        assertThatThrownBy(() -> attending(spec(2), PACKED, Shape.of(8, 8), Shape.of(8, 4), Shape.of(8, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: v is [8, 8], expected [8, 4] (key rows, 2 heads of size 2)");
    }

    private static void attending(AttentionSpec spec, Sequences sequences, Shape... shapes) {
        OpCheck.run((_, v) -> attention(v.get(0), v.get(1), v.get(2), spec, sequences), shapes);
    }
}
