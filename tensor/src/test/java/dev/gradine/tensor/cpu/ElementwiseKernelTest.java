package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElementwiseKernelTest {

    private static final ElementwiseKernel KERNEL = ElementwiseCpu.KERNEL;

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes(), IntStream.of(40_001));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void each_operation_overwrites_with_its_formula(int n) {
        float[] a = Cases.wide(1, n);
        float[] b = Cases.wide(2, n);
        b[0] = 3; // so that no result is all zero
        a[0] = 2;
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(n));
            KERNEL.add(t.of(a), t.of(b), y);
            check(t.values(y), i -> (double) a[i] + b[i]);
            KERNEL.scale(t.of(a), -1.5f, y);
            check(t.values(y), i -> -1.5 * a[i]);
            KERNEL.fill(y, 7);
            check(t.values(y), _ -> 7);
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void axpy_adds_into_its_output(int n) {
        float[] x = Cases.wide(1, n);
        float[] before = Cases.wide(2, n);
        before[0] = 1;
        try (Tensors t = new Tensors()) {
            Tensor y = t.of(before);
            KERNEL.axpy(0.25f, t.of(x), y);
            check(t.values(y), i -> before[i] + 0.25 * x[i]);
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void the_output_may_be_an_input(int n) {
        float[] a = Cases.wide(1, n);
        float[] b = Cases.wide(2, n);
        b[0] = 3;
        a[0] = 2;
        try (Tensors t = new Tensors()) {
            Tensor left = t.of(a);
            KERNEL.add(left, t.of(b), left);
            check(t.values(left), i -> (double) a[i] + b[i]);
            Tensor both = t.of(a);
            KERNEL.add(both, both, both);
            check(t.values(both), i -> 2.0 * a[i]);
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void bias_is_added_to_every_row(int c) {
        int rows = 3;
        float[] x = Cases.wide(1, rows * c);
        float[] bias = Cases.wide(2, c);
        x[0] = 2;
        bias[0] = 1;
        try (Tensors t = new Tensors()) {
            Tensor y = t.of(Shape.of(rows, c), x);
            KERNEL.addBias(y, t.of(bias), y);
            check(t.values(y), i -> (double) x[i] + bias[i % c]);
        }
    }

    private static void check(float[] got, IntToDoubleFunction formula) {
        double[] expected = IntStream.range(0, got.length).mapToDouble(formula).toArray();
        Teeth.bite(got, g -> Tolerance.elementwise(1).check("y", g, expected));
    }
}
