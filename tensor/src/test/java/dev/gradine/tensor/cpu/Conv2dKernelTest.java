package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Convolution against its definition, term by term in double.
class Conv2dKernelTest {

    private static final Conv2dKernel KERNEL = Conv2dCpu.KERNEL;

    static List<Conv2dReference> cases() {
        Axis plain = Axis.PLAIN;
        Axis halved = new Axis(2, 1, 1);
        return List.of(
                conv(Shape.of(1, 1, 1, 1), Shape.of(1, 1, 1, 1), Windows.square(1, 0)),
                conv(Shape.of(2, 3, 5, 7), Shape.of(4, 3, 1, 1), Windows.square(1, 0)),
                conv(Shape.of(2, 3, 9, 17), Shape.of(5, 3, 3, 3), Windows.square(1, 1)),
                conv(Shape.of(1, 2, 8, 33), Shape.of(3, 2, 3, 3), Windows.square(2, 1)),
                conv(Shape.of(1, 3, 8, 12), Shape.of(7, 3, 4, 4), Windows.square(4, 0)), // patches
                conv(Shape.of(2, 2, 9, 9), Shape.of(3, 2, 2, 2), Windows.square(3, 0)), // values under no window
                conv(Shape.of(1, 2, 3, 4), Shape.of(2, 2, 3, 4), Windows.square(1, 0)), // one window
                conv(Shape.of(1, 1, 2, 2), Shape.of(2, 1, 3, 3), Windows.square(1, 3)), // windows without a value
                conv(Shape.of(2, 4, 11, 20), Shape.of(6, 2, 3, 3), both(new Axis(1, 2, 2), 2)),
                conv(Shape.of(2, 5, 10, 18), Shape.of(10, 1, 3, 3), both(halved, 5)), // channel by channel
                conv(Shape.of(1, 4, 1, 40), Shape.of(6, 4, 1, 3), new Windows(plain, halved, 1)), // along a line
                conv(Shape.of(1, 2, 13, 6), Shape.of(3, 2, 5, 1), new Windows(new Axis(2, 3, 3), plain, 1)),
                conv(Shape.of(2, 512, 14, 14), Shape.of(3, 512, 3, 3), Windows.square(1, 1)), // several blocks
                conv(Shape.of(3, 24, 20, 20), Shape.of(70, 24, 3, 3), Windows.square(1, 1)));
    }

    private static Windows both(Axis axis, int groups) {
        return new Windows(axis, axis, groups);
    }

    private static Conv2dReference conv(Shape x, Shape w, Windows windows) {
        return new Conv2dReference(x, w, windows);
    }

    /// A sum of `n` terms in one running sum: it grows as √n, and each rounding is relative to what it is by then. So
    /// errors of random sign grow as n; for small n the bound of `Tolerance.sum` is the larger one.
    private static Tolerance sumOf(int n, double term) {
        return Tolerance.sum(n, term * Math.max(1, Math.sqrt(n) / 8));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward_is_the_definition(Conv2dReference c) {
        float[] x = Cases.mild(1, c.x().size());
        float[] w = Cases.plain(2, c.w().size(), 1);
        float[] b = Cases.plain(3, c.w().dim(0), 1);
        double[] expected = new double[c.y().size()];
        int positions = c.y().dim(2) * c.y().dim(3);
        for (int i = 0; i < expected.length; i++) expected[i] = b[i / positions % b.length];
        c.forEach((xi, wi, yi) -> expected[yi] += (double) x[xi] * w[wi]);
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(c.y());
            KERNEL.forward(t.of(c.x(), x), t.of(c.w(), w), t.of(b), c.windows(), y);
            Tolerance tolerance = sumOf(1 + c.terms(), 3);
            Teeth.bite(t.values(y), got -> tolerance.check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_inputs_gradient_is_the_transpose_of_the_definition(Conv2dReference c) {
        float[] w = Cases.plain(2, c.w().size(), 1);
        float[] dy = Cases.plain(4, c.y().size(), 1);
        double[] expected = new double[c.x().size()];
        c.forEach((xi, wi, yi) -> expected[xi] += (double) dy[yi] * w[wi]);
        try (Tensors t = new Tensors()) {
            Tensor dx = t.unwritten(c.x());
            KERNEL.inputGradient(t.of(c.y(), dy), t.of(c.w(), w), c.windows(), dx);
            Tolerance tolerance = sumOf(c.terms() * c.w().dim(0), 1);
            Teeth.bite(t.values(dx), got -> tolerance.check("dx", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_parameters_gradients_are_added(Conv2dReference c) {
        float[] x = Cases.mild(1, c.x().size());
        float[] dy = Cases.plain(4, c.y().size(), 1);
        float[] dw = Cases.plain(5, c.w().size(), 1);
        float[] db = Cases.plain(6, c.w().dim(0), 1);
        double[] expected = Cases.doubles(dw);
        double[] expectedBias = Cases.doubles(db);
        c.forEach((xi, wi, yi) -> expected[wi] += (double) dy[yi] * x[xi]);
        int positions = c.y().dim(2) * c.y().dim(3);
        for (int i = 0; i < dy.length; i++) expectedBias[i / positions % db.length] += dy[i];
        try (Tensors t = new Tensors()) {
            Tensor weight = t.of(c.w(), dw);
            Tensor bias = t.of(db);
            KERNEL.parameterGradients(t.of(c.y(), dy), t.of(c.x(), x), c.windows(), weight, bias);
            int n = 1 + c.y().dim(0) * positions;
            Teeth.bite(t.values(weight), got -> sumOf(n, 3).check("dw", got, expected));
            Teeth.bite(t.values(bias), got -> sumOf(n, 1).check("db", got, expectedBias));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void results_do_not_depend_on_the_number_of_threads(Conv2dReference c) {
        List<float[]> alone = new ArrayList<>();
        Parallel.alone(() -> alone.addAll(all(c)));
        List<float[]> together = all(c);
        for (int i = 0; i < alone.size(); i++) assertThat(together.get(i)).isEqualTo(alone.get(i));
    }

    private static List<float[]> all(Conv2dReference c) {
        try (Tensors t = new Tensors()) {
            Tensor x = t.of(c.x(), Cases.mild(1, c.x().size()));
            Tensor w = t.of(c.w(), Cases.plain(2, c.w().size(), 1));
            Tensor b = t.of(Cases.plain(3, c.w().dim(0), 1));
            Tensor y = t.unwritten(c.y());
            Tensor dx = t.unwritten(c.x());
            KERNEL.forward(x, w, b, c.windows(), y);
            KERNEL.inputGradient(y, w, c.windows(), dx);
            KERNEL.parameterGradients(y, x, c.windows(), w, b);
            return List.of(t.values(y), t.values(dx), t.values(w), t.values(b));
        }
    }

    @Test
    void a_weight_of_another_type_counts_as_what_it_decodes_to() {
        Shape shape = Shape.of(8, 4, 3, 3);
        Shape image = Shape.of(2, 4, 10, 11);
        Windows windows = Windows.square(1, 1);
        try (CpuKernels k = CpuKernels.open()) {
            for (DType type : List.of(DType.BF16, DType.F16)) {
                Tensor w = k.empty(type, shape);
                k.copy(k.of(shape, Cases.plain(1, shape.size(), 1)), w);
                assertThat(run(k, w, image, windows)).isDeepEqualTo(run(k, k.of(shape, k.download(w)), image, windows));
            }
        }
    }

    private static float[][] run(Kernels k, Tensor w, Shape image, Windows windows) {
        Tensor y = k.empty(Shape.of(2, 8, 10, 11));
        Tensor dx = k.empty(image);
        KERNEL.forward(k.of(image, Cases.plain(2, image.size(), 1)), w, k.zeros(Shape.of(8)), windows, y);
        KERNEL.inputGradient(y, w, windows, dx);
        return new float[][] {k.download(y), k.download(dx)};
    }
}
