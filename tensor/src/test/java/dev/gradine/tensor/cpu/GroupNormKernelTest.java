package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GroupNormKernel;
import dev.gradine.tensor.kernel.GroupNormKernel.Groups;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Group normalisation against its formula in double.
class GroupNormKernelTest {

    private static final GroupNormKernel KERNEL = GroupNormCpu.KERNEL;
    private static final float EPS = 1e-5f;

    /// @param x `[B,C,…]`
    record Norm(Shape x, int groups) {

        int positions() {
            return x.size() / x.dim(0) / x.dim(1);
        }

        /// A group's values, of which mean and variance are taken.
        int n() {
            return x.dim(1) / groups * positions();
        }

        double[] reference(double[] v, double[] w, double[] b) {
            double[] y = new double[v.length];
            int n = n();
            for (int start = 0; start < v.length; start += n) {
                double mean = 0;
                double var = 0;
                for (int i = 0; i < n; i++) mean += v[start + i] / n;
                for (int i = 0; i < n; i++) var += (v[start + i] - mean) * (v[start + i] - mean) / n;
                for (int i = start; i < start + n; i++) {
                    int c = i / positions() % w.length;
                    y[i] = (v[i] - mean) / Math.sqrt(var + EPS) * w[c] + b[c];
                }
            }
            return y;
        }
    }

    static List<Norm> small() {
        return List.of(
                new Norm(Shape.of(2, 6), 2), // one position
                new Norm(Shape.of(1, 3, 1, 1), 1),
                new Norm(Shape.of(2, 4, 3, 3), 2),
                new Norm(Shape.of(1, 6, 5), 3),
                new Norm(Shape.of(3, 4, 17), 1),
                new Norm(Shape.of(2, 3, 4, 8), 3)); // each channel alone
    }

    static List<Norm> all() {
        List<Norm> all = new ArrayList<>(small());
        all.add(new Norm(Shape.of(2, 64, 8, 8), 32));
        all.add(new Norm(Shape.of(1, 4, 100, 101), 2)); // longer than one run of a sum
        return all;
    }

    @ParameterizedTest
    @MethodSource("all")
    void forward_is_the_formula(Norm norm) {
        float[] x = Cases.wide(1, norm.x.size());
        int c = norm.x.dim(1);
        float[] w = Cases.plain(2, c, 2);
        float[] b = Cases.plain(3, c, 2);
        double[] expected = norm.reference(Cases.doubles(x), Cases.doubles(w), Cases.doubles(b));
        try (Tensors t = new Tensors()) {
            Shape statistics = Shape.of(norm.x.dim(0), norm.groups);
            Tensor y = t.unwritten(norm.x);
            Tensor mean = t.unwritten(statistics);
            KERNEL.forward(
                    t.of(norm.x, x), t.of(w), t.of(b), new Groups(norm.groups, EPS), y, mean, t.unwritten(statistics));
            double largest = Math.sqrt(norm.n()); // of (x − mean) · rstd
            Teeth.bite(
                    t.values(y),
                    got -> Tolerance.elementwise(4, 2 + 2 * largest).check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("small")
    void backward_is_the_slope_and_adds_into_dw_and_db(Norm norm) {
        int c = norm.x.dim(1);
        float[] x = Cases.plain(1, norm.x.size(), 2);
        float[] w = Cases.plain(2, c, 2);
        float[] b = Cases.plain(3, c, 2);
        float[] dy = Cases.plain(4, norm.x.size(), 2);
        float[] before = Cases.plain(5, c, 2);
        List<float[]> got = gradients(norm, x, w, dy, before);
        double[] xd = Cases.doubles(x);
        double[] wd = Cases.doubles(w);
        double[] bd = Cases.doubles(b);
        double[] expectedX = FiniteDifference.of(v -> RmsNormKernelTest.weighted(norm.reference(v, wd, bd), dy), x);
        double[] expectedW = FiniteDifference.of(v -> RmsNormKernelTest.weighted(norm.reference(xd, v, bd), dy), w);
        double[] expectedB = FiniteDifference.of(v -> RmsNormKernelTest.weighted(norm.reference(xd, wd, v), dy), b);
        for (int i = 0; i < c; i++) {
            expectedW[i] += before[i];
            expectedB[i] += before[i];
        }
        Teeth.bite(got.get(0), g -> Tolerance.slope(40, 20).check("dx", g, expectedX));
        Teeth.bite(got.get(1), g -> Tolerance.slope(8, 20).check("dw", g, expectedW));
        Teeth.bite(got.get(2), g -> Tolerance.slope(8, 20).check("db", g, expectedB));
    }

    /// dx in the place of dy, then dw and db.
    private static List<float[]> gradients(Norm norm, float[] x, float[] w, float[] dy, float[] before) {
        try (Tensors t = new Tensors()) {
            Shape statistics = Shape.of(norm.x.dim(0), norm.groups);
            Tensor mean = t.unwritten(statistics);
            Tensor rstd = t.unwritten(statistics);
            Tensor in = t.of(norm.x, x);
            Tensor weight = t.of(w);
            KERNEL.forward(in, weight, t.of(before), new Groups(norm.groups, EPS), t.unwritten(norm.x), mean, rstd);
            Tensor dx = t.of(norm.x, dy);
            Tensor dw = t.of(before);
            Tensor db = t.of(before);
            KERNEL.backward(dx, in, weight, mean, rstd, dx, dw, db);
            return List.of(t.values(dx), t.values(dw), t.values(db));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void gradients_do_not_depend_on_the_number_of_threads(Norm norm) {
        float[] x = Cases.plain(1, norm.x.size(), 2);
        float[] dy = Cases.plain(4, norm.x.size(), 2);
        float[] w = Cases.plain(2, norm.x.dim(1), 2);
        List<float[]> alone = new ArrayList<>();
        Parallel.alone(() -> alone.addAll(gradients(norm, x, w, dy, w)));
        List<float[]> together = gradients(norm, x, w, dy, w);
        for (int i = 0; i < alone.size(); i++) assertThat(together.get(i)).isEqualTo(alone.get(i));
    }

    /// For one group and one position it is layer normalisation over the channels.
    @Test
    void one_group_and_one_position_make_it_a_layer_norm() {
        Shape shape = Shape.of(5, 33);
        try (Tensors t = new Tensors()) {
            Tensor x = t.of(shape, Cases.plain(1, shape.size(), 2));
            Tensor w = t.of(Cases.plain(2, 33, 2));
            Tensor b = t.of(Cases.plain(3, 33, 2));
            Tensor y = t.unwritten(shape);
            Tensor rows = t.unwritten(shape);
            Tensor mean = t.unwritten(Shape.of(5, 1));
            Tensor rstd = t.unwritten(Shape.of(5, 1));
            LayerNormCpu.KERNEL.forward(x, w, b, EPS, rows, mean.reshape(Shape.of(5)), rstd.reshape(Shape.of(5)));
            KERNEL.forward(x, w, b, new Groups(1, EPS), y, mean, rstd);
            double[] expected = Cases.doubles(t.values(rows));
            Teeth.bite(t.values(y), got -> Tolerance.elementwise(8, 4).check("y", got, expected));
        }
    }

    @Test
    void groups_that_do_not_divide_the_channels_are_refused() {
        assertThatThrownBy(() -> new Groups(0, EPS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("group_norm: groups is 0, expected at least 1");
        assertThatThrownBy(() -> new Groups(3, EPS).statistics(Shape.of(2, 4, 5)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("group_norm: groups is 3, expected a divisor of 4 (channels of x [2, 4, 5])");
        assertThatThrownBy(() -> new Groups(3, EPS).statistics(Shape.of(6)))
                .hasMessage("group_norm: x is [6], expected at least 2 axes");
    }
}
