package dev.gradine.tensor.cpu;

import static java.lang.Math.exp;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ActivationKernel;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ActivationKernelTest {

    private static final ActivationKernel KERNEL = ActivationCpu.KERNEL;

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes(), IntStream.of(20_001));
    }

    private static double silu(double x) {
        return x / (1 + exp(-x));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void swiglu_is_its_formula(int n) {
        float[] gate = nonZero(Cases.mild(1, n));
        float[] up = nonZero(Cases.mild(2, n));
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(n));
            KERNEL.swiGlu(t.of(gate), t.of(up), y);
            double[] expected = map(n, i -> silu(gate[i]) * up[i]);
            Teeth.bite(t.values(y), got -> Tolerance.elementwise(4).check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void swiglu_backward_is_the_slope(int n) {
        float[] gate = nonZero(Cases.mild(1, n));
        float[] up = nonZero(Cases.mild(2, n));
        float[] dy = nonZero(Cases.mild(3, n));
        try (Tensors t = new Tensors()) {
            Tensor dGate = t.unwritten(Shape.of(n));
            Tensor dUp = t.unwritten(Shape.of(n));
            KERNEL.swiGluBackward(t.of(dy), t.of(gate), t.of(up), dGate, dUp);
            double[] expectedGate = map(n, i -> dy[i] * up[i] * slope(ActivationKernelTest::silu, gate[i]));
            double[] expectedUp = map(n, i -> dy[i] * silu(gate[i]));
            Teeth.bite(t.values(dGate), got -> Tolerance.slope(9, 4).check("dGate", got, expectedGate));
            Teeth.bite(t.values(dUp), got -> Tolerance.elementwise(4).check("dUp", got, expectedUp));
        }
    }

    @Test
    void large_arguments_saturate_without_nan() {
        float[] x = {1e4f, -1e4f, 100, -100, 0, -0f};
        double[] relu = {1e4, 0, 100, 0, 0, 0};
        double[] step = {1, 0, 1, 0, 0.5, 0.5};
        float[] ones = {1, 1, 1, 1, 1, 1};
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(6));
            Tensor other = t.unwritten(Shape.of(6));
            KERNEL.swiGlu(t.of(x), t.of(ones), y);
            Tolerance.elementwise(2).check("silu", t.values(y), relu);
            KERNEL.swiGluBackward(t.of(ones), t.of(x), t.of(ones), y, other);
            Tolerance.elementwise(2).check("silu slope", t.values(y), step);
        }
    }

    private static double slope(DoubleUnaryOperator f, double x) {
        return FiniteDifference.of(v -> f.applyAsDouble(v[0]), new double[] {x})[0];
    }

    private static double[] map(int n, java.util.function.IntToDoubleFunction f) {
        return IntStream.range(0, n).mapToDouble(f).toArray();
    }

    /// A first value that makes no result vanish, however short the array.
    private static float[] nonZero(float[] x) {
        x[0] = 1.25f;
        return x;
    }
}
