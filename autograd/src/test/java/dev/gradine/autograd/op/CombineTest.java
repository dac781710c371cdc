package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Combine.combine;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.sub;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.op.Op.Forward;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every row of the table of functions of two variables, with every shape of its second operand.
class CombineTest {

    private static final int ROWS = 3;

    /// y at a = 3, b = ½.
    private static final Map<Fn2, Double> KNOWN = new EnumMap<>(Map.of(
            Fn2.ADD, 3.5,
            Fn2.SUB, 2.5,
            Fn2.MUL, 1.5,
            Fn2.DIV, 6.0,
            Fn2.MIN, 0.5,
            Fn2.MAX, 3.0,
            Fn2.GEGLU, 1.4981813039591134));

    /// Which value of b value i meets: itself, its column's, its row's, the only one.
    private record Second(Shape shape, IntUnaryOperator index) {}

    private static List<Second> seconds(int c) {
        return List.of(
                new Second(Shape.of(ROWS, c), i -> i),
                new Second(Shape.of(c), i -> i % c),
                new Second(Shape.of(ROWS, 1), i -> i / c),
                new Second(Shape.of(1), _ -> 0));
    }

    /// First operands of 0.1 k + 0.03, second ones from 1 on in size: no ties, and quotients of fair size.
    private static OpCheck check(Fn2 f, int c, Second second) {
        float[] a = Cases.plain(1, ROWS * c, 3);
        for (int i = 0; i < a.length; i++) a[i] = Math.round(a[i] * 10) / 10f + 0.03f;
        float[] b = Cases.plain(2, second.shape().size(), 1);
        for (int i = 0; i < b.length; i++) b[i] = (b[i] < 0 ? -1 : 1) + Math.round(b[i] * 10) / 10f;
        return OpCheck.of(
                        (_, v) -> combine(f, v.get(0), v.get(1)),
                        x -> IntStream.range(0, x.get(0).length)
                                .mapToDouble(i -> f.value(
                                        x.get(0)[i], x.get(1)[second.index().applyAsInt(i)]))
                                .toArray(),
                        Shape.of(ROWS, c),
                        second.shape())
                .with(0, a)
                .with(1, b);
    }

    @ParameterizedTest
    @EnumSource(Fn2.class)
    void forward_is_the_formula_for_every_shape(Fn2 f) {
        for (int c : new int[] {1, 17}) {
            for (Second s : seconds(c)) check(f, c, s).forward(Tolerance.elementwise(2, 9));
        }
    }

    @ParameterizedTest
    @EnumSource(Fn2.class)
    void gradients_are_the_slopes_of_the_formula_for_every_shape(Fn2 f) {
        for (int c : new int[] {1, 17}) {
            for (Second s : seconds(c)) check(f, c, s).gradients(Tolerance.slope(60, 8)); // b sums 51 of them
        }
    }

    @Test
    void formulas_give_known_values() {
        for (Fn2 f : Fn2.values()) {
            if (KNOWN.containsKey(f)) assertThat(f.value(3, 0.5)).as(f.id()).isCloseTo(KNOWN.get(f), within(1e-12));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void sums_differences_and_products_round_once(int n) {
        Shape shape = Shape.of(3, n);
        OpCheck.of((_, v) -> add(v.get(0), v.get(1)), OpCheck.each((a, b) -> a + b), shape, shape)
                .wide()
                .forward(Tolerance.elementwise(0.5));
        OpCheck.of((_, v) -> sub(v.get(0), v.get(1)), OpCheck.each((a, b) -> a - b), shape, shape)
                .wide()
                .forward(Tolerance.elementwise(0.5));
        OpCheck.of((_, v) -> mul(v.get(0), v.get(1)), OpCheck.each((a, b) -> a * b), shape, shape)
                .wide()
                .forward(Tolerance.elementwise(0.5));
    }

    @Test
    void a_tie_is_shared_by_both_sides() {
        try (Kernels k = CpuKernels.open()) {
            Tensor tie = k.of(Shape.of(1), 2);
            for (Fn2 f : List.of(Fn2.MIN, Fn2.MAX)) {
                Combine op = new Combine(f);
                Forward<Combine.Saved> y = op.forward(k, tie, tie);
                var g = op.backward(k, y.saved(), k.of(Shape.of(1), 1), NeedsGrad.ALL);
                assertThat(k.download(java.util.Objects.requireNonNull(g.a()))).containsExactly(0.5f);
                assertThat(k.download(java.util.Objects.requireNonNull(g.b()))).containsExactly(0.5f);
            }
        }
    }

    @Test
    void a_sum_keeps_nothing_and_passes_its_gradient_on() {
        try (Kernels k = CpuKernels.open()) {
            Combine op = new Combine(Fn2.ADD);
            Tensor x = k.of(Shape.of(2), 1, 2);
            Forward<Combine.Saved> y = op.forward(k, x, x);
            assertThat(y.saved().a()).isNull();
            assertThat(y.saved().b()).isNull();
            Tensor dy = k.of(Shape.of(2), 3, 4);
            var g = op.backward(k, y.saved(), dy, NeedsGrad.ALL);
            assertThat(g.a()).isSameAs(dy);
            assertThat(g.b()).isSameAs(dy);
        }
    }

    @Test
    void deeper_tensors_share_by_last_axes_and_by_first_ones() {
        try (Kernels k = CpuKernels.open()) {
            Tensor a = k.of(Shape.of(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
            Combine op = new Combine(Fn2.MUL);
            assertThat(k.download(op.forward(k, a, k.of(Shape.of(2, 2), 1, 10, 100, 1000))
                            .y()))
                    .containsExactly(1, 20, 300, 4000, 5, 60, 700, 8000);
            assertThat(k.download(
                            op.forward(k, a, k.of(Shape.of(2, 1, 1), 1, -1)).y()))
                    .containsExactly(1, 2, 3, 4, -5, -6, -7, -8);
            assertThat(k.download(op.forward(k, a, k.of(Shape.SCALAR, 2)).y()))
                    .containsExactly(2, 4, 6, 8, 10, 12, 14, 16);
        }
    }

    @Test
    void refuses_another_shape() {
        refuses(
                Shape.of(2, 3),
                Shape.of(3, 2),
                "add: b is [3, 2], expected the shape of a [2, 3], its last axes," + " or 1 for its last axes");
        refuses(
                Shape.of(2, 3),
                Shape.of(2),
                "add: b is [2], expected the shape of a [2, 3], its last axes," + " or 1 for its last axes");
        refuses(
                Shape.of(3),
                Shape.of(2, 3),
                "add: b is [2, 3], expected the shape of a [3], its last axes," + " or 1 for its last axes");
    }

    private static void refuses(Shape a, Shape b, String message) {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> add(v.get(0), v.get(1)), a, b))
                .isInstanceOf(ShapeException.class)
                .hasMessage(message);
    }
}
