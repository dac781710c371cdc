package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Upsample.upsample;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `upsample` against the formula, and what it refuses.
class UpsampleTest {

    /// @param x `[B,C,H,W]`
    record Image(Shape x, Mode mode, int factor) {

        OpCheck check() {
            return OpCheck.of((_, v) -> upsample(v.get(0), mode, factor), v -> reference(v.get(0)), x);
        }

        private double[] reference(double[] v) {
            int high = x.dim(2) * factor;
            int wide = x.dim(3) * factor;
            double[] y = new double[v.length * factor * factor];
            for (int i = 0; i < y.length; i++) {
                int plane = i / wide / high * x.dim(2) * x.dim(3);
                for (int j = 0; j < x.dim(2) * x.dim(3); j++) {
                    double row = part(i / wide % high, j / x.dim(3), x.dim(2));
                    y[i] += row * part(i % wide, j % x.dim(3), x.dim(3)) * v[plane + j];
                }
            }
            return y;
        }

        /// U[d,i] of an axis of n values.
        private double part(int d, int i, int n) {
            if (mode == Mode.NEAREST) return d / factor == i ? 1 : 0;
            double t = Math.min(n - 1, Math.max(0, (d + 0.5) / factor - 0.5));
            return Math.max(0, 1 - Math.abs(t - i));
        }
    }

    static List<Image> images() {
        List<Image> all = new ArrayList<>();
        for (Mode mode : Mode.values()) {
            all.add(new Image(Shape.of(1, 8, 1, 1), mode, 2));
            all.add(new Image(Shape.of(2, 2, 3, 5), mode, 2));
            all.add(new Image(Shape.of(1, 2, 4, 3), mode, 3));
            all.add(new Image(Shape.of(1, 1, 2, 17), mode, 4));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("images")
    void forward_is_the_formula(Image image) {
        image.check().forward(image.mode == Mode.NEAREST ? Tolerance.exact() : Tolerance.elementwise(4, 3));
    }

    @ParameterizedTest
    @MethodSource("images")
    void gradient_is_the_slope_of_the_formula(Image image) {
        image.check().gradients(Tolerance.slope(2 * image.factor, 8));
    }

    @Test
    void refuses_what_is_no_image() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> upsample(v.get(0), Mode.NEAREST, 2), Shape.of(3, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("upsample: x is [3, 4], expected 4 axes");
    }
}
