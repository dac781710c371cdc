package dev.gradine.autograd.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// An op of one's own, as a researcher would write it outside the package.
class CustomOpTest {

    /// Product of two tensors, value by value.
    ///
    /// ```
    /// y = a · b      da = dy · b      db = dy · a
    /// ```
    private record Product() implements CustomOp<Product.Saved> {

        record Saved(Tensor a, Tensor b) {}

        @Override
        public Forward<Saved> forward(Kernels k, List<Tensor> in) {
            Tensor y = k.empty(in.get(0).shape());
            k.function().combine(Fn2.MUL, Per.VALUE, in.get(0), in.get(1), y);
            return new Forward<>(y, new Saved(in.get(0), in.get(1)));
        }

        @Override
        public List<@Nullable Tensor> backward(Kernels k, Saved s, Tensor dy) {
            Tensor da = k.empty(dy.shape());
            Tensor db = k.empty(dy.shape());
            k.function().combine(Fn2.MUL, Per.VALUE, dy, s.b(), da);
            k.function().combine(Fn2.MUL, Per.VALUE, dy, s.a(), db);
            return Arrays.<@Nullable Tensor>asList(da, db);
        }
    }

    private static OpCheck product(int n) {
        return OpCheck.of(
                (t, v) -> t.apply(new Product(), v.get(0), v.get(1)),
                OpCheck.each((a, b) -> a * b),
                Shape.of(3, n),
                Shape.of(3, n));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_its_formula(int n) {
        product(n).forward(Tolerance.elementwise(0.5));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        product(n).gradients(Tolerance.slope(3, 2));
    }

    @Test
    void a_gradient_nobody_asked_for_is_dropped() {
        try (Kernels run = CpuKernels.open();
                Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var a = t.leaf(k.of(Shape.of(2), 1, 2));
            Var b = t.constant(k.of(Shape.of(2), 3, 4));
            t.backward(t.apply(new Product(), a, b), k.of(Shape.of(2), 1, 1));
            assertThat(k.download(a.grad())).containsExactly(3, 4);
            assertThat(b.hasGrad()).isFalse();
        }
    }

    @Test
    void takes_any_number_of_inputs() {
        CustomOp<Integer> sum = new CustomOp<>() {
            @Override
            public Forward<Integer> forward(Kernels k, List<Tensor> in) {
                Tensor y = k.zeros(in.getFirst().shape());
                for (Tensor x : in) k.elementwise().axpy(1, x, y);
                return new Forward<>(y, in.size());
            }

            @Override
            public List<@Nullable Tensor> backward(Kernels k, Integer n, Tensor dy) {
                List<@Nullable Tensor> all = new ArrayList<>();
                for (int i = 0; i < n; i++) all.add(dy);
                return all;
            }
        };
        try (Kernels k = CpuKernels.open()) {
            Tape t = Tape.recording(k);
            Var x = t.leaf(k.of(Shape.of(1), 2));
            Var y = t.apply(sum, x, x, x, x, x);
            t.backward(y);
            assertThat(k.download(y.value())).containsExactly(10);
            assertThat(k.download(x.grad())).containsExactly(5);
        }
    }
}
