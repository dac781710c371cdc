package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.FunctionKernel;
import dev.gradine.tensor.kernel.Per;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The kernels against the rows' formulas in double, which `ApplyTest` and `CombineTest` hold against their slopes and
/// against known values.
class FunctionKernelTest {

    private static final FunctionKernel KERNEL = FunctionCpu.KERNEL;
    private static final float A = 0.75f;
    private static final float B = 1.25f;
    private static final int MANY = 20_001; // several parts, and values that fill no vector

    /// Vector loops round each step; the rest is rounded once, from double.
    private static Tolerance tolerance(Fn f) {
        return switch (f) {
            case EXP -> Tolerance.elementwise(2);
            case SIGMOID, SILU -> Tolerance.elementwise(4);
            case QUICK_GELU -> Tolerance.elementwise(8);
            case GELU_TANH -> Tolerance.elementwise(8, 1);
            case GELU_ERF -> Tolerance.elementwise(12);
            default -> Tolerance.elementwise(1);
        };
    }

    private static float[] inDomain(Fn f, float... x) {
        for (int i = 0; i < x.length; i++) {
            float large = 0.25f + Math.abs(x[i]);
            x[i] = switch (f.domain()) {
                case REAL -> x[i];
                case POSITIVE -> large;
                case NEGATIVE -> -large;
                case NONZERO -> x[i] < 0 ? -large : large;
                case ABOVE_MINUS_ONE -> large - 1;
            };
        }
        x[0] = f.domain() == Fn.Domain.NEGATIVE ? -1.25f : 1.25f; // no result vanishes, however short the array
        return x;
    }

    @ParameterizedTest
    @EnumSource(Fn.class)
    void every_function_is_its_formula_in_place_too(Fn f) {
        IntStream.concat(Cases.sizes(), IntStream.of(MANY)).forEach(n -> {
            float[] x = inDomain(f, Cases.mild(1, n));
            double[] expected = map(n, i -> f.value(x[i], A, B));
            try (Tensors t = new Tensors()) {
                Tensor y = t.unwritten(Shape.of(n));
                KERNEL.apply(f, A, B, t.of(x), y);
                Teeth.bite(t.values(y), got -> tolerance(f).check("y", got, expected));
                Tensor same = t.of(x);
                KERNEL.apply(f, A, B, same, same);
                tolerance(f).check("y in place", t.values(same), expected);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(Fn.class)
    void every_gradient_is_its_formula(Fn f) {
        IntStream.concat(Cases.sizes(), IntStream.of(MANY)).forEach(n -> {
            float[] kept = inDomain(f, Cases.mild(1, n));
            float[] dy = Cases.mild(2, n);
            dy[0] = 1.25f;
            double[] expected = map(n, i -> f.slope(dy[i], kept[i], A, B));
            try (Tensors t = new Tensors()) {
                Tensor dx = t.unwritten(Shape.of(n));
                KERNEL.applyBackward(f, A, B, t.of(dy), t.of(kept), dx);
                Tolerance within = Tolerance.elementwise(8, 9); // terms of dy · y · y, each of no more than 3
                Teeth.bite(t.values(dx), got -> within.check("dx", got, expected));
            }
        });
    }

    /// Φ by a continued fraction of its own.
    @Test
    void gelu_by_the_normal_distribution_is_that_of_another_formula() {
        float[] x = Cases.mild(1, 65);
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(65));
            KERNEL.apply(Fn.GELU_ERF, 0, 0, t.of(x), y);
            double[] expected = map(65, i -> x[i] * NormalReference.cdf(x[i]));
            Teeth.bite(t.values(y), got -> Tolerance.elementwise(12).check("y", got, expected));
        }
    }

    @Test
    void large_arguments_saturate_without_nan() {
        float[] x = {1e4f, -1e4f, 100, -100, 0, -0f};
        double[] relu = {1e4, 0, 100, 0, 0, 0};
        double[] step = {1, 0, 1, 0, 0.5, 0.5};
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(6));
            Tensor ones = t.of(1, 1, 1, 1, 1, 1);
            for (Fn f : new Fn[] {Fn.SILU, Fn.QUICK_GELU, Fn.GELU_TANH, Fn.GELU_ERF}) {
                KERNEL.apply(f, 0, 0, t.of(x), y);
                Tolerance.elementwise(2).check(f.id(), t.values(y), relu);
                KERNEL.applyBackward(f, 0, 0, ones, t.of(x), y);
                Tolerance.elementwise(2).check(f.id() + " slope", t.values(y), step);
            }
            KERNEL.apply(Fn.LOG_SIGMOID, 0, 0, t.of(x), y);
            Tolerance.elementwise(1)
                    .check("log sigmoid", t.values(y), new double[] {0, -1e4, 0, -100, -Math.log(2), -Math.log(2)});
            KERNEL.apply(Fn.SOFTPLUS, 0, 0, t.of(x), y);
            Tolerance.elementwise(1)
                    .check("softplus", t.values(y), new double[] {1e4, 0, 100, 0, Math.log(2), Math.log(2)});
        }
    }

    /// Neither loses its digits where the other form of the formula does.
    @Test
    void log1mexp_is_accurate_at_both_ends() {
        float[] x = {-1e-6f, -0.5f, -0.7f, -30, -80};
        double[] expected = {
            Math.log(1e-6f - 1e-6f * (double) 1e-6f / 2),
            Math.log1p(-Math.exp(-0.5f)),
            Math.log1p(-Math.exp(-0.7f)),
            -Math.exp(-30),
            -Math.exp(-80)
        };
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(5));
            KERNEL.apply(Fn.LOG1MEXP, 0, 0, t.of(x), y);
            Teeth.bite(t.values(y), got -> Tolerance.elementwise(1).check("y", got, expected));
        }
    }

    @Test
    void nan_stays_nan() {
        try (Tensors t = new Tensors()) {
            Tensor nan = t.of(Float.NaN);
            Tensor one = t.of(1);
            Tensor y = t.of(0);
            for (Fn f : Fn.values()) {
                KERNEL.apply(f, A, B, nan, y);
                assertThat(t.values(y)[0]).as(f.id()).isNaN();
            }
            for (Fn2 f : Fn2.values()) {
                KERNEL.combine(f, Per.VALUE, nan, one, y);
                assertThat(t.values(y)[0]).as(f.id()).isNaN();
                KERNEL.combine(f, Per.VALUE, one, nan, y);
                assertThat(t.values(y)[0]).as(f.id()).isNaN();
            }
        }
    }

    /// The gate's vector loop multiplies what GELU's makes.
    private static Tolerance tolerance(Fn2 f) {
        return f == Fn2.GEGLU ? Tolerance.elementwise(10, 9) : Tolerance.elementwise(1);
    }

    private static int seconds(Per per, int rows, int c) {
        return switch (per) {
            case VALUE -> rows * c;
            case COLUMN -> c;
            case ROW -> rows;
        };
    }

    private static int second(Per per, int i, int c) {
        return switch (per) {
            case VALUE -> i;
            case COLUMN -> i % c;
            case ROW -> i / c;
        };
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void every_function_of_two_is_its_formula_for_every_second_operand(int c) {
        int rows = 3;
        float[] a = Cases.mild(1, rows * c);
        a[0] = 2;
        for (Fn2 f : Fn2.values()) {
            for (Per per : Per.values()) {
                float[] b = awayFromZero(Cases.mild(2, seconds(per, rows, c)));
                double[] expected = map(rows * c, i -> f.value(a[i], b[second(per, i, c)]));
                try (Tensors t = new Tensors()) {
                    Tensor y = t.unwritten(Shape.of(rows, c));
                    KERNEL.combine(f, per, t.of(a), t.of(b), y);
                    Teeth.bite(t.values(y), got -> tolerance(f).check(f + " " + per, got, expected));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void gradients_of_two_are_their_formulas_for_every_second_operand(int c) {
        int rows = 3;
        float[] a = Cases.mild(1, rows * c);
        float[] dy = Cases.mild(3, rows * c);
        Arrays.fill(dy, 0, 1, 2);
        a[0] = 2;
        for (Fn2 f : Fn2.values()) {
            for (Per per : Per.values()) {
                float[] b = awayFromZero(Cases.mild(2, seconds(per, rows, c)));
                double[] left = map(rows * c, i -> f.left(dy[i], a[i], b[second(per, i, c)]));
                double[] right = map(rows * c, i -> f.right(dy[i], a[i], b[second(per, i, c)]));
                try (Tensors t = new Tensors()) {
                    Tensor da = t.unwritten(Shape.of(rows, c));
                    Tensor db = t.unwritten(Shape.of(rows, c));
                    KERNEL.combineBackward(f, per, t.of(dy), t.of(a), t.of(b), da, db);
                    tolerance(f).check(f + " da " + per, t.values(da), left);
                    tolerance(f).check(f + " db " + per, t.values(db), right);
                }
            }
        }
    }

    private static float[] awayFromZero(float... x) {
        for (int i = 0; i < x.length; i++) x[i] += x[i] < 0 ? -0.25f : 0.25f;
        return x;
    }

    @Test
    void refuses_operands_of_other_sizes() {
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(2, 3));
            assertThatThrownBy(() -> KERNEL.combine(Fn2.MUL, Per.COLUMN, t.of(new float[6]), t.of(new float[4]), y))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("mul: b is F32[4], expected a divisor of 6 values (one per column of a)");
            assertThatThrownBy(() -> KERNEL.combine(Fn2.DIV, Per.VALUE, t.of(new float[6]), t.of(new float[3]), y))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("div: b is F32[3], expected exactly 6 values (one per value of a)");
            assertThatThrownBy(() -> KERNEL.apply(Fn.EXP, 0, 0, t.of(new float[5]), y))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("exp: x is F32[5], expected 6 values of F32");
        }
    }

    private static double[] map(int n, java.util.function.IntToDoubleFunction f) {
        return IntStream.range(0, n).mapToDouble(f).toArray();
    }
}
