package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Attention.attention;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `attention` against the formula, and what it refuses.
class AttentionTest {

    private static final Segments PACKED = Segments.packed(0, 3, 3, 8);
    private static final Segments CACHED = Segments.cached(2, 6);

    private static Heads heads(int d) {
        return new Heads(4, 2, d, (float) (1 / Math.sqrt(d)));
    }

    private static OpCheck attended(int d, Segments s) {
        return OpCheck.of(
                (_, v) -> attention(v.get(0), v.get(1), v.get(2), heads(d), s),
                in -> reference(in, heads(d), s),
                Shape.of(s.queries(), 4 * d),
                Shape.of(s.keys(), 2 * d),
                Shape.of(s.keys(), 2 * d));
    }

    private static double[] reference(List<double[]> in, Heads h, Segments s) {
        double[] y = new double[in.get(0).length];
        for (int seq = 0; seq < s.count(); seq++) {
            int behind = s.keyStart(seq + 1) - s.queryStart(seq + 1);
            for (int q = s.queryStart(seq); q < s.queryStart(seq + 1); q++) {
                for (int head = 0; head < h.heads(); head++) {
                    row(in, h, y, new Place(q, head, s.keyStart(seq), q + behind + 1));
                }
            }
        }
        return y;
    }

    /// One query of one head over the keys from `first` to before `end`.
    private record Place(int query, int head, int first, int end) {}

    private static void row(List<double[]> in, Heads h, double[] y, Place place) {
        int end = place.end();
        int d = h.headDim();
        int group = place.head() / (h.heads() / h.kvHeads());
        int at = (place.query() * h.heads() + place.head()) * d;
        double sum = 0;
        double[] p = new double[end];
        for (int k = place.first(); k < end; k++) {
            double score = 0;
            for (int i = 0; i < d; i++) score += in.get(0)[at + i] * in.get(1)[(k * h.kvHeads() + group) * d + i];
            p[k] = Math.exp(score * h.scale());
            sum += p[k];
        }
        for (int k = place.first(); k < end; k++) {
            for (int i = 0; i < d; i++) y[at + i] += p[k] / sum * in.get(2)[(k * h.kvHeads() + group) * d + i];
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 16, 17, 64, 65})
    void forward_is_the_papers_formula(int d) {
        attended(d, PACKED).forward(Tolerance.dot(d, 9, 3));
        attended(d, CACHED).forward(Tolerance.dot(d, 9, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 17})
    void gradient_is_the_slope_of_the_reference(int d) {
        attended(d, PACKED).gradients(Tolerance.slope(40, 8));
        attended(d, CACHED).gradients(Tolerance.slope(40, 8));
    }

    @Test
    void refuses_queries_that_do_not_fit_the_heads() {
        assertThatThrownBy(() -> attending(Shape.of(8, 7), Shape.of(8, 4), Shape.of(8, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: q is [8, 7], expected [8, 8] (query rows and "
                        + "Heads[heads=4, kvHeads=2, headDim=2, scale=0.70710677])");
    }

    @Test
    void refuses_keys_that_do_not_fit_the_segments() {
        assertThatThrownBy(() -> attending(Shape.of(8, 8), Shape.of(7, 4), Shape.of(8, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: k is [7, 4], expected [8, 4] (key rows and "
                        + "Heads[heads=4, kvHeads=2, headDim=2, scale=0.70710677])");
    }

    @Test
    void refuses_values_that_do_not_fit_the_heads() {
        assertThatThrownBy(() -> attending(Shape.of(8, 8), Shape.of(8, 4), Shape.of(8, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: v is [8, 8], expected [8, 4] (key rows and "
                        + "Heads[heads=4, kvHeads=2, headDim=2, scale=0.70710677])");
    }

    private static void attending(Shape... shapes) {
        OpCheck.run((_, v) -> attention(v.get(0), v.get(1), v.get(2), heads(2), PACKED), shapes);
    }
}
