package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Rope.rope;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `rope` against the formula, and what it refuses.
class RopeTest {

    private static final int[] POSITIONS = {0, 6, 1, 3, 3};
    private static final int PLACES = 7;

    /// Two heads of 2 · half channels.
    private static OpCheck turned(int half) {
        return OpCheck.of(
                (t, v) -> turn(t, v, half), in -> reference(in.get(0), half), Shape.of(POSITIONS.length, 4 * half));
    }

    private static Var turn(Tape tape, List<Var> v, int half) {
        var k = tape.kernels();
        Tensor cos = k.of(Shape.of(PLACES, half), table(half, true));
        Tensor sin = k.of(Shape.of(PLACES, half), table(half, false));
        return rope(v.get(0), k.ofInts(POSITIONS), cos, sin);
    }

    private static float[] table(int half, boolean cos) {
        double[] t = new double[PLACES * half];
        for (int p = 0; p < PLACES; p++) {
            for (int i = 0; i < half; i++) {
                double angle = p / (1.0 + i);
                t[p * half + i] = cos ? Math.cos(angle) : Math.sin(angle);
            }
        }
        return Cases.floats(t);
    }

    private static double[] reference(double[] x, int half) {
        float[] cos = table(half, true);
        float[] sin = table(half, false);
        double[] y = new double[x.length];
        for (int at = 0; at < x.length; at++) {
            int row = at / (4 * half);
            int i = at % half;
            boolean first = at / half % 2 == 0;
            double c = cos[POSITIONS[row] * half + i];
            double s = sin[POSITIONS[row] * half + i];
            y[at] = first ? x[at] * c - x[at + half] * s : x[at] * c + x[at - half] * s;
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_papers_formula(int half) {
        turned(half).forward(Tolerance.elementwise(3, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int half) {
        turned(half).gradients(Tolerance.slope(3, 3));
    }

    @Test
    void refuses_another_number_of_positions() {
        assertThatThrownBy(() -> OpCheck.run((t, v) -> turn(t, v, 2), Shape.of(4, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rope: positions is [5], expected [4] (rows of x [4, 8])");
    }

    @Test
    void refuses_a_part_of_a_head() {
        assertThatThrownBy(() -> OpCheck.run((t, v) -> turn(t, v, 2), Shape.of(5, 6)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rope: x is [5, 6], expected rows of a multiple of 4 (twice the last axis of cos)");
    }

    @Test
    void refuses_tables_of_two_shapes() {
        assertThatThrownBy(() -> OpCheck.run(
                        (t, v) -> rope(
                                v.get(0),
                                t.kernels().ofInts(0, 1),
                                t.kernels().zeros(Shape.of(2, 4)),
                                t.kernels().zeros(Shape.of(3, 4))),
                        Shape.of(2, 8)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rope: sin is [3, 4], expected [2, 4] (shape of cos)");
    }
}
