package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.UpsampleKernel;
import dev.gradine.tensor.kernel.UpsampleKernel.Enlargement;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Enlarged images against the formula in double.
class UpsampleKernelTest {

    private static final UpsampleKernel KERNEL = UpsampleCpu.KERNEL;

    /// @param x `[B,C,H,W]`
    record Image(Shape x, Enlargement by) {

        /// A point of the enlarged plane lies at (d + ½) / s − ½ of the given one, but not before its first centre.
        double[] reference(double[] v) {
            Shape y = by.of(x);
            double[] values = new double[y.size()];
            for (int i = 0; i < values.length; i++) {
                int plane = i / y.dim(3) / y.dim(2) * x.dim(2) * x.dim(3);
                int d = i / y.dim(3) % y.dim(2);
                int e = i % y.dim(3);
                values[i] = by.mode() == Mode.NEAREST
                        ? v[plane + d / by.factor() * x.dim(3) + e / by.factor()]
                        : between(v, plane, d, e);
            }
            return values;
        }

        private double between(double[] v, int plane, int d, int e) {
            double row = Math.max(0, (d + 0.5) / by.factor() - 0.5);
            double column = Math.max(0, (e + 0.5) / by.factor() - 0.5);
            double sum = 0;
            for (int j = 0; j < x.dim(2) * x.dim(3); j++) {
                int h = j / x.dim(3);
                int w = j % x.dim(3);
                sum += tent(row, h, x.dim(2)) * tent(column, w, x.dim(3)) * v[plane + j];
            }
            return sum;
        }

        /// 1 at `centre`, falling to 0 at its neighbours; behind the last centre it stays 1.
        private static double tent(double at, int centre, int n) {
            return Math.max(0, 1 - Math.abs(Math.min(at, n - 1) - centre));
        }
    }

    static List<Image> images() {
        List<Image> all = new ArrayList<>();
        for (Mode mode : Mode.values()) {
            all.add(new Image(Shape.of(1, 5, 1, 1), new Enlargement(mode, 2)));
            all.add(new Image(Shape.of(2, 3, 1, 5), new Enlargement(mode, 3)));
            all.add(new Image(Shape.of(1, 2, 7, 1), new Enlargement(mode, 4)));
            all.add(new Image(Shape.of(2, 1, 3, 4), new Enlargement(mode, 1)));
            all.add(new Image(Shape.of(1, 3, 5, 17), new Enlargement(mode, 2)));
            all.add(new Image(Shape.of(1, 1, 4, 33), new Enlargement(mode, 5)));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("images")
    void forward_is_the_formula(Image image) {
        float[] x = Cases.wide(1, image.x.size());
        double[] expected = image.reference(Cases.doubles(x));
        double largest = 1e4; // of the values
        Tolerance rounded = Tolerance.elementwise(4, largest);
        Tolerance tolerance = image.by.mode() == Mode.NEAREST ? Tolerance.exact() : rounded;
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(image.by.of(image.x));
            KERNEL.forward(t.of(image.x, x), image.by, y);
            Teeth.bite(t.values(y), got -> tolerance.check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("images")
    void backward_is_the_slope(Image image) {
        float[] x = Cases.plain(1, image.x.size(), 2);
        float[] dy = Cases.plain(2, image.by.of(image.x).size(), 1);
        double[] expected = FiniteDifference.of(v -> RmsNormKernelTest.weighted(image.reference(v), dy), x);
        int summed = 4 * image.by.factor() * image.by.factor();
        try (Tensors t = new Tensors()) {
            Tensor dx = t.unwritten(image.x);
            KERNEL.backward(t.of(image.by.of(image.x), dy), image.by, dx);
            Tolerance tolerance = Tolerance.slope(Math.sqrt(summed), 8); // linear: only rounding counts
            Teeth.bite(t.values(dx), got -> tolerance.check("dx", got, expected));
        }
    }

    /// The example of PyTorch's documentation of `Upsample`, which does not align corners.
    @Test
    void bilinear_values_are_the_documented_ones() {
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(1, 1, 4, 4));
            KERNEL.forward(t.of(Shape.of(1, 1, 2, 2), 1, 2, 3, 4), new Enlargement(Mode.BILINEAR, 2), y);
            assertThat(t.values(y))
                    .containsExactly(
                            1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f, 3, 3.25f, 3.75f, 4);
        }
    }

    @Test
    void an_infinite_value_stays_where_it_is() {
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(1, 1, 2, 6));
            float inf = Float.POSITIVE_INFINITY;
            KERNEL.forward(t.of(Shape.of(1, 1, 1, 3), 1, inf, 3), new Enlargement(Mode.NEAREST, 2), y);
            assertThat(t.values(y)).containsExactly(1, 1, inf, inf, 3, 3, 1, 1, inf, inf, 3, 3);
        }
    }

    @Test
    void what_it_cannot_enlarge_is_named() {
        assertThatThrownBy(() -> new Enlargement(Mode.NEAREST, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("upsample: factor is 0, expected at least 1");
        assertThatThrownBy(() -> new Enlargement(Mode.NEAREST, 2).of(Shape.of(3, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("upsample: x is [3, 4], expected 4 axes");
    }
}
