package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Apply.apply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every row of the table of functions: its formula against known values, its gradient against the formula's slope.
class ApplyTest {

    private static final float A = 0.75f;
    private static final float B = 1.25f;

    /// y at x = ½, or at x = −½ for functions of negative numbers, from a calculator of 40 digits.
    private static final Map<Fn, Double> KNOWN = Map.ofEntries(
            Map.entry(Fn.EXP, 1.6487212707001282),
            Map.entry(Fn.EXPM1, 0.6487212707001282),
            Map.entry(Fn.LOG, -0.6931471805599453),
            Map.entry(Fn.LOG1P, 0.4054651081081644),
            Map.entry(Fn.LOG1MEXP, -0.9327521295671886),
            Map.entry(Fn.SQUARE, 0.25),
            Map.entry(Fn.SQRT, 0.7071067811865476),
            Map.entry(Fn.RSQRT, 1.4142135623730951),
            Map.entry(Fn.RECIPROCAL, 2.0),
            Map.entry(Fn.NEG, -0.5),
            Map.entry(Fn.ABS, 0.5),
            Map.entry(Fn.SIGMOID, 0.6224593312018546),
            Map.entry(Fn.LOG_SIGMOID, -0.4740769841801067),
            Map.entry(Fn.SOFTPLUS, 0.9740769841801067),
            Map.entry(Fn.SOFTSIGN, 1.0 / 3),
            Map.entry(Fn.TANH, 0.46211715726000974),
            Map.entry(Fn.RELU, 0.5),
            Map.entry(Fn.SILU, 0.3112296656009273),
            Map.entry(Fn.QUICK_GELU, 0.3503884366063801),
            Map.entry(Fn.GELU_TANH, 0.3457140098251439),
            Map.entry(Fn.GELU_ERF, 0.34573123063700656),
            Map.entry(Fn.SIN, 0.479425538604203),
            Map.entry(Fn.COS, 0.8775825618903728),
            Map.entry(Fn.SCALE, 0.375),
            Map.entry(Fn.SHIFT, 1.25),
            Map.entry(Fn.POW, 0.5946035575013605),
            Map.entry(Fn.SOFT_CAP, 0.4370872090109327),
            Map.entry(Fn.CLAMP, 0.75));

    private static float[] constants(Fn f) {
        return Arrays.copyOf(new float[] {A, B}, f.constants());
    }

    /// Values 0.1 k + 0.03, which keep away from every kink, in the domain.
    private static float[] inDomain(Fn f, int n) {
        float[] x = Cases.plain(1, n, 3);
        for (int i = 0; i < n; i++) {
            float on = Math.round(x[i] * 10) / 10f + 0.03f;
            float large = 1 + Math.abs(on);
            x[i] = switch (f.domain()) {
                case REAL -> on;
                case POSITIVE -> large;
                case NEGATIVE -> -large;
                case NONZERO -> on < 0 ? -large : large;
                case ABOVE_MINUS_ONE -> large - 1;
            };
        }
        return x;
    }

    private static OpCheck check(Fn f, int n) {
        return OpCheck.of(
                        (_, v) -> apply(f, v.get(0), constants(f)), OpCheck.map(x -> f.value(x, A, B)), Shape.of(3, n))
                .with(0, inDomain(f, 3 * n));
    }

    @ParameterizedTest
    @EnumSource(Fn.class)
    void forward_is_the_formula(Fn f) {
        for (int n : new int[] {1, 17}) check(f, n).forward(Tolerance.elementwise(8, 20)); // e³ is 20
    }

    @ParameterizedTest
    @EnumSource(Fn.class)
    void gradient_is_the_slope_of_the_formula(Fn f) {
        for (int n : new int[] {1, 17}) check(f, n).gradients(Tolerance.slope(20, 8));
    }

    @Test
    void formulas_give_known_values() {
        for (Fn f : Fn.values()) {
            double y = f.value(f.domain() == Fn.Domain.NEGATIVE ? -0.5 : 0.5, A, B);
            if (KNOWN.containsKey(f)) assertThat(y).as(f.id()).isCloseTo(KNOWN.get(f), within(1e-15));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void a_product_with_a_constant_rounds_once(int n) {
        OpCheck.of((_, v) -> Functions.scale(v.get(0), -1.7f), OpCheck.map(x -> x * -1.7f), Shape.of(3, n))
                .wide()
                .forward(Tolerance.elementwise(0.5));
    }

    @ParameterizedTest
    @MethodSource
    void a_short_name_is_the_function_of_that_name(Method name) throws ReflectiveOperationException {
        String row = name.getName().replaceAll("([a-z])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
        try (Kernels k = CpuKernels.open()) {
            Tape tape = Tape.recording(k);
            Var x = tape.leaf(k.of(Shape.of(2), 0.5f, 2));
            boolean two = name.getParameterCount() == 2 && name.getParameterTypes()[1] == Var.class;
            Object[] given = {x, two ? x : A, B};
            Var got = (Var) name.invoke(null, Arrays.copyOf(given, name.getParameterCount()));
            Var expected = two
                    ? Combine.combine(Fn2.valueOf(row), x, x)
                    : apply(Fn.valueOf(row), x, constants(Fn.valueOf(row)));
            assertThat(k.download(got.value())).isEqualTo(k.download(expected.value()));
        }
    }

    static Stream<Method> a_short_name_is_the_function_of_that_name() {
        return Arrays.stream(Functions.class.getDeclaredMethods()).filter(m -> Modifier.isPublic(m.getModifiers()));
    }

    @Test
    void refuses_another_number_of_constants() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> apply(Fn.CLAMP, v.get(0), 1), Shape.of(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("clamp: 1 constants [1.0], expected 2 for y = min(max(x, a), b)");
        assertThatThrownBy(() -> OpCheck.run((_, v) -> apply(Fn.EXP, v.get(0), 1), Shape.of(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("exp: 1 constants [1.0], expected 0 for y = e^x");
    }
}
