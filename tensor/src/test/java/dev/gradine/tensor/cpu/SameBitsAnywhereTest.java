package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.FunctionKernel;
import dev.gradine.tensor.kernel.Per;
import dev.gradine.testkit.Cases;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A value has the same bits whether it fills a vector with others or stands among the last ones, which fill none: what
/// a row of a batch gives does not depend on how many rows there are.
class SameBitsAnywhereTest {

    private static final FunctionKernel KERNEL = FunctionCpu.KERNEL;
    private static final int N = 53; // three vectors of sixteen, and five values

    /// Tensors of the first `count` values of each input, to those of the outputs.
    private static void assertSame(Function<List<Tensor>, List<Tensor>> f, Tensors t, float[]... inputs) {
        List<Tensor> whole = f.apply(first(t, N, inputs));
        for (int count = 1; count < N; count++) {
            List<Tensor> some = f.apply(first(t, count, inputs));
            for (int o = 0; o < whole.size(); o++) {
                assertThat(t.values(some.get(o)))
                        .as("output %d of %d values", o, count)
                        .containsExactly(Arrays.copyOf(t.values(whole.get(o)), count));
            }
        }
    }

    private static List<Tensor> first(Tensors t, int count, float[]... inputs) {
        return Arrays.stream(inputs)
                .map(x -> t.of(Shape.of(count), Arrays.copyOf(x, count)))
                .toList();
    }

    private static float[] inDomain(Fn f, float[] x) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            float large = 0.25f + Math.abs(x[i]);
            y[i] = switch (f.domain()) {
                case REAL -> x[i];
                case POSITIVE, NONZERO -> large;
                case NEGATIVE -> -large;
                case ABOVE_MINUS_ONE -> large - 1;
            };
        }
        return y;
    }

    @ParameterizedTest
    @EnumSource(Fn.class)
    void a_function_of_one_value(Fn f) {
        try (Tensors t = new Tensors()) {
            float[] x = inDomain(f, Cases.plain(1, N, 3));
            assertSame(
                    in -> {
                        Tensor y = t.unwritten(in.getFirst().shape());
                        KERNEL.apply(f, 0.75f, 1.25f, in.getFirst(), y);
                        return List.of(y);
                    },
                    t,
                    x);
            assertSame(
                    in -> {
                        Tensor y = t.unwritten(in.getFirst().shape());
                        KERNEL.apply(f, 0.75f, 1.25f, in.getFirst(), y);
                        Tensor kept = f.keeps() == Fn.Keeps.Y ? y : in.getFirst();
                        Tensor dx = t.unwritten(y.shape());
                        KERNEL.applyBackward(f, 0.75f, 1.25f, in.getLast(), kept, dx);
                        return List.of(dx);
                    },
                    t,
                    x,
                    Cases.plain(2, N, 2));
        }
    }

    @ParameterizedTest
    @EnumSource(Fn2.class)
    void a_function_of_two_values(Fn2 f) {
        try (Tensors t = new Tensors()) {
            assertSame(
                    in -> {
                        Tensor y = t.unwritten(in.getFirst().shape());
                        KERNEL.combine(f, Per.VALUE, in.getFirst(), in.get(1), y);
                        Tensor da = t.unwritten(y.shape());
                        Tensor db = t.unwritten(y.shape());
                        KERNEL.combineBackward(f, Per.VALUE, in.get(2), in.getFirst(), in.get(1), da, db);
                        return List.of(y, da, db);
                    },
                    t,
                    Cases.plain(1, N, 3),
                    Cases.plain(2, N, 2),
                    Cases.plain(3, N, 2));
        }
    }

    @Test
    void a_gated_activation() {
        try (Tensors t = new Tensors()) {
            assertSame(
                    in -> {
                        Shape shape = in.getFirst().shape();
                        Tensor y = t.unwritten(shape);
                        Tensor dGate = t.unwritten(shape);
                        Tensor dUp = t.unwritten(shape);
                        ActivationCpu.KERNEL.swiGlu(in.getFirst(), in.get(1), y);
                        ActivationCpu.KERNEL.swiGluBackward(in.get(2), in.getFirst(), in.get(1), dGate, dUp);
                        return List.of(y, dGate, dUp);
                    },
                    t,
                    Cases.plain(1, N, 3),
                    Cases.plain(2, N, 2),
                    Cases.plain(3, N, 2));
        }
    }
}
