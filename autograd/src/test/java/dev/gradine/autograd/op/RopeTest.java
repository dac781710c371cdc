package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Rope.rope;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `rope` against the formula, and what it refuses.
class RopeTest {

    private static final int[] POSITIONS = {0, 6, 1, 3, 3};
    private static final int PLACES = 7;

    /// Two heads.
    ///
    /// @param size channels of one
    /// @param pairs of them that turn
    record Heads(int size, int pairs, boolean isInterleaved) {

        static Heads halves(int pairs) {
            return new Heads(2 * pairs, pairs, false);
        }

        OpCheck check() {
            return OpCheck.of(
                    (t, v) -> turn(t, v), in -> reference(in.getFirst()), Shape.of(POSITIONS.length, 2 * size));
        }

        Var turn(Tape tape, List<Var> v) {
            var k = tape.kernels();
            Tensor cos = k.of(Shape.of(PLACES, pairs), table(true));
            Tensor sin = k.of(Shape.of(PLACES, pairs), table(false));
            return rope(v.getFirst(), k.ofInts(POSITIONS), new RopeAngles(cos, sin, size, isInterleaved));
        }

        private float[] table(boolean cos) {
            double[] t = new double[PLACES * pairs];
            for (int p = 0; p < PLACES; p++) {
                for (int i = 0; i < pairs; i++) {
                    double angle = p / (1.0 + i);
                    t[p * pairs + i] = cos ? Math.cos(angle) : Math.sin(angle);
                }
            }
            return Cases.floats(t);
        }

        private double[] reference(double[] x) {
            float[] cos = table(true);
            float[] sin = table(false);
            double[] y = x.clone();
            for (int head = 0; head < x.length; head += size) {
                int row = head / (2 * size);
                for (int i = 0; i < pairs; i++) {
                    int a = head + (isInterleaved ? 2 * i : i);
                    int b = isInterleaved ? a + 1 : a + pairs;
                    double c = cos[POSITIONS[row] * pairs + i];
                    double s = sin[POSITIONS[row] * pairs + i];
                    y[a] = x[a] * c - x[b] * s;
                    y[b] = x[b] * c + x[a] * s;
                }
            }
            return y;
        }
    }

    static Stream<Heads> heads() {
        Stream<Heads> halves = Cases.sizes().mapToObj(Heads::halves);
        Stream<Heads> others = Stream.of(
                new Heads(8, 4, true), new Heads(34, 17, true), new Heads(9, 3, true), new Heads(40, 18, false));
        return Stream.concat(halves, others);
    }

    @ParameterizedTest
    @MethodSource("heads")
    void forward_is_the_papers_formula(Heads heads) {
        heads.check().forward(Tolerance.elementwise(3, 3));
    }

    @ParameterizedTest
    @MethodSource("heads")
    void gradient_is_the_slope_of_the_reference(Heads heads) {
        heads.check().gradients(Tolerance.slope(3, 3));
    }

    @Test
    void refuses_another_number_of_positions() {
        assertThatThrownBy(() -> OpCheck.run(Heads.halves(2)::turn, Shape.of(4, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rope: positions is [5], expected [4] (rows of x [4, 8])");
    }

    @Test
    void refuses_a_part_of_a_head() {
        assertThatThrownBy(() -> OpCheck.run(Heads.halves(2)::turn, Shape.of(5, 6)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rope: x is [5, 6], expected rows of a multiple of 4 (channels of a head)");
    }

    @Test
    void refuses_tables_of_two_shapes() {
        assertThatThrownBy(() -> OpCheck.run(
                        (t, v) -> rope(
                                v.get(0),
                                t.kernels().ofInts(0, 1),
                                RopeAngles.halves(
                                        t.kernels().zeros(Shape.of(2, 4)),
                                        t.kernels().zeros(Shape.of(3, 4)))),
                        Shape.of(2, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rope: sin is [3, 4], expected [2, 4] (shape of cos)");
    }

    @Test
    void refuses_more_pairs_than_a_head_has() {
        assertThatThrownBy(() -> OpCheck.run(new Heads(4, 3, true)::turn, Shape.of(5, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rope: cos is [7, 3], expected rows of 1 to 2 pairs for heads of 4 channels");
    }
}
