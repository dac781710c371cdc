package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.GatedRecurrence.gatedRecurrence;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Rule;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The recurrence against the formula, and what it refuses.
class GatedRecurrenceTest {

    private static final Sequences PACKED = Sequences.packed(0, 3, 3, 8);
    private static final Sequences BRANCHING = Sequences.branching(new int[] {0, 5, 7, 11}, new int[] {-1, 0, 0});

    static Stream<Heads> heads() {
        return Stream.of(Rule.values())
                .flatMap(rule -> Stream.of(
                        new Heads(1, 1, 1, 1, rule), new Heads(2, 4, 3, 17, rule), new Heads(2, 2, 5, 8, rule)));
    }

    private static OpCheck checked(Heads h, Sequences s) {
        int n = s.queries();
        float[] decay = Cases.plain(4, n * h.valueHeads(), 1);
        for (int i = 0; i < decay.length; i++) decay[i] = -Math.abs(decay[i]);
        return OpCheck.of(
                        (_, v) -> gatedRecurrence(
                                new GatedRecurrence(h, s, null), v.get(0), v.get(1), v.get(2), v.get(3), v.get(4)),
                        in -> reference(in, h, s),
                        Shape.of(n, h.keyWidth()),
                        Shape.of(n, h.keyWidth()),
                        Shape.of(n, h.valueWidth()),
                        Shape.of(n, h.valueHeads()),
                        Shape.of(n, h.valueHeads()))
                .with(0, Cases.plain(1, n * h.keyWidth(), 1))
                .with(1, Cases.plain(2, n * h.keyWidth(), 0.5f))
                .with(3, decay)
                .with(4, Cases.plain(5, n * h.valueHeads(), 1));
    }

    private static double[] reference(List<double[]> in, Heads h, Sequences s) {
        double[] y = new double[in.get(2).length];
        for (int q = 0; q < s.count(); q++) {
            for (int head = 0; head < h.valueHeads(); head++) {
                var state = new State(in, h, head, new double[h.keyDim()][h.valueDim()]);
                int p = s.parent(q);
                if (p >= 0) state.read(s.queryStart(p), s.queryStart(p + 1), new double[y.length]);
                state.read(s.queryStart(q), s.queryStart(q + 1), y);
            }
        }
        return y;
    }

    /// What one head remembers.
    private static final class State {
        private final List<double[]> in;
        private final Heads h;
        private final int head;
        private final double[][] s;

        State(List<double[]> in, Heads h, int head, double[][] s) {
            this.in = in;
            this.h = h;
            this.head = head;
            this.s = s;
        }

        void read(int from, int to, double[] y) {
            for (int t = from; t < to; t++) {
                int key = t * h.keyWidth() + head / (h.valueHeads() / h.keyHeads()) * h.keyDim();
                int scalar = t * h.valueHeads() + head;
                double g = Math.exp(in.get(3)[scalar]);
                for (int j = 0; j < h.valueDim(); j++) {
                    int at = t * h.valueWidth() + head * h.valueDim() + j;
                    double u = in.get(2)[at];
                    for (int i = 0; i < h.keyDim() && h.rule() == Rule.DELTA; i++) {
                        u -= g * s[i][j] * in.get(1)[key + i];
                    }
                    for (int i = 0; i < h.keyDim(); i++) {
                        s[i][j] = g * s[i][j] + in.get(4)[scalar] * in.get(1)[key + i] * u;
                        y[at] += s[i][j] * in.get(0)[key + i];
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("heads")
    void forward_is_the_papers_formula(Heads h) {
        checked(h, PACKED).forward(Tolerance.sum(5 * h.keyDim(), 16));
        checked(h, BRANCHING).forward(Tolerance.sum(9 * h.keyDim(), 16));
    }

    @ParameterizedTest
    @MethodSource("heads")
    void gradients_are_the_slopes_of_the_formula(Heads h) {
        checked(h, PACKED).gradients(Tolerance.slope(60, 16));
        checked(h, BRANCHING).gradients(Tolerance.slope(100, 16));
    }

    @Test
    void refuses_a_decay_of_another_number_of_heads() {
        Heads h = new Heads(2, 4, 3, 5, Rule.DELTA);
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> gatedRecurrence(
                                new GatedRecurrence(h, PACKED, null), v.get(0), v.get(1), v.get(2), v.get(3), v.get(4)),
                        Shape.of(8, 6),
                        Shape.of(8, 6),
                        Shape.of(8, 20),
                        Shape.of(8, 2),
                        Shape.of(8, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("gated_recurrence: decay is [8, 2], expected [8, 4] (rows and value heads)");
    }

    @Test
    void refuses_earlier_tokens_without_a_state() {
        Heads h = new Heads(1, 1, 3, 5, Rule.DELTA);
        Sequences later = Sequences.cached(2, 6);
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> gatedRecurrence(
                                new GatedRecurrence(h, later, null), v.get(0), v.get(1), v.get(2), v.get(3), v.get(4)),
                        Shape.of(2, 3),
                        Shape.of(2, 3),
                        Shape.of(2, 5),
                        Shape.of(2, 1),
                        Shape.of(2, 1)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("gated_recurrence: sequence 0 has 6 keys and 2 queries, expected as many"
                        + " (no state is kept)");
    }

    @Test
    void refuses_key_heads_that_do_not_divide_the_value_heads() {
        assertThatThrownBy(() -> new Heads(2, 3, 8, 8, Rule.ADD))
                .isInstanceOf(ShapeException.class)
                .hasMessage("gated_recurrence: 3 value heads of 8 over 2 key heads of 8, expected a multiple of them");
    }
}
