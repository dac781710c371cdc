package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Conv2d.conv2d;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `conv2d` against the formula, and what it refuses.
class Conv2dTest {

    /// @param x `[B,C,H,W]`
    /// @param w `[O,C/groups,R,S]`
    record Layer(Shape x, Shape w, Windows windows) {

        OpCheck withBias() {
            return OpCheck.of(
                    (_, v) -> conv2d(v.get(0), v.get(1), v.get(2), windows),
                    v -> reference(v.get(0), v.get(1), v.get(2)),
                    x,
                    w,
                    Shape.of(w.dim(0)));
        }

        OpCheck withoutBias() {
            return OpCheck.of(
                    (_, v) -> conv2d(v.get(0), v.get(1), windows),
                    v -> reference(v.get(0), v.get(1), new double[w.dim(0)]),
                    x,
                    w);
        }

        /// On an image with its padding written out, so that no place of a window is outside.
        private double[] reference(double[] v, double[] weight, double[] bias) {
            Axis rows = windows.rows();
            Axis columns = windows.columns();
            int high = x.dim(2) + 2 * rows.padding();
            int wide = x.dim(3) + 2 * columns.padding();
            double[] padded = padded(v, high, wide);
            int p = (high - rows.dilation() * (w.dim(2) - 1) - 1) / rows.stride() + 1;
            int q = (wide - columns.dilation() * (w.dim(3) - 1) - 1) / columns.stride() + 1;
            double[] y = new double[x.dim(0) * w.dim(0) * p * q];
            for (int i = 0; i < y.length; i++) {
                int o = i / q / p % w.dim(0);
                int plane = i / q / p / w.dim(0) * x.dim(1) + o * windows.groups() / w.dim(0) * w.dim(1);
                int corner = (plane * high + i / q % p * rows.stride()) * wide + i % q * columns.stride();
                y[i] = bias[o];
                for (int k = 0; k < w.dim(1) * w.dim(2) * w.dim(3); k++) {
                    int down = k / w.dim(3) % w.dim(2) * rows.dilation();
                    int at = (k / w.dim(3) / w.dim(2) * high + down) * wide + k % w.dim(3) * columns.dilation();
                    y[i] += weight[o * w.dim(1) * w.dim(2) * w.dim(3) + k] * padded[corner + at];
                }
            }
            return y;
        }

        private double[] padded(double[] v, int high, int wide) {
            double[] padded = new double[x.dim(0) * x.dim(1) * high * wide];
            for (int line = 0; line < v.length / x.dim(3); line++) {
                int to = line / x.dim(2) * high
                        + line % x.dim(2)
                        + windows.rows().padding();
                System.arraycopy(
                        v,
                        line * x.dim(3),
                        padded,
                        to * wide + windows.columns().padding(),
                        x.dim(3));
            }
            return padded;
        }
    }

    static List<Layer> layers() {
        Axis halved = new Axis(2, 1, 1);
        Axis dilated = new Axis(1, 2, 2);
        return List.of(
                new Layer(Shape.of(1, 2, 1, 1), Shape.of(3, 2, 1, 1), Windows.square(1, 0)),
                new Layer(Shape.of(2, 2, 5, 7), Shape.of(3, 2, 3, 3), Windows.square(1, 1)),
                new Layer(Shape.of(1, 3, 6, 5), Shape.of(2, 3, 2, 3), new Windows(halved, Axis.PLAIN, 1)),
                new Layer(Shape.of(2, 4, 5, 6), Shape.of(6, 2, 3, 3), new Windows(dilated, halved, 2)),
                new Layer(Shape.of(1, 3, 7, 4), Shape.of(3, 1, 3, 1), new Windows(halved, Axis.PLAIN, 3)),
                new Layer(Shape.of(1, 3, 8, 8), Shape.of(5, 3, 4, 4), Windows.square(4, 0)));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void forward_is_the_formula(Layer layer) {
        int terms = 1 + layer.w.dim(1) * layer.w.dim(2) * layer.w.dim(3);
        layer.withBias().forward(Tolerance.dot(terms, 3, 3));
        layer.withoutBias().forward(Tolerance.dot(terms, 3, 3));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void gradients_are_the_slopes_of_the_formula(Layer layer) {
        layer.withBias().gradients(Tolerance.slope(20, 8));
        layer.withoutBias().gradients(Tolerance.slope(20, 8));
    }

    @Test
    void refuses_a_bias_of_another_length() {
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> conv2d(v.get(0), v.get(1), v.get(2), Windows.square(1, 0)),
                        Shape.of(1, 2, 4, 4),
                        Shape.of(3, 2, 3, 3),
                        Shape.of(2)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("conv2d: b is [2], expected [3] (first axis of w [3, 2, 3, 3])");
    }

    @Test
    void refuses_a_weight_of_other_channels() {
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> conv2d(v.get(0), v.get(1), Windows.square(1, 0)),
                        Shape.of(1, 2, 4, 4),
                        Shape.of(3, 4, 3, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("conv2d: w is [3, 4, 3, 3], expected [3, 2, 3, 3] (x is [1, 2, 4, 4], groups is 1)");
    }
}
