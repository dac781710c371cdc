package dev.gradine.autograd.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds for every op there is.
class OpContractTest {

    static List<OpExamples> ops() {
        return OpExamples.all();
    }

    @Test
    void every_permitted_op_is_tried() {
        List<Class<?>> tried =
                OpExamples.all().stream().<Class<?>>map(OpExamples::op).toList();
        assertThat(OpExamples.permitted(Op.class)).containsExactlyInAnyOrderElementsOf(tried);
    }

    @ParameterizedTest
    @MethodSource("ops")
    void both_directions_are_finite_and_the_same_twice(OpExamples op) {
        List<float @Nullable []> once = inStep(op, NeedsGrad.ALL);
        assertSame(inStep(op, NeedsGrad.ALL), once);
        for (float[] values : once) {
            for (float v : Objects.requireNonNull(values)) assertThat(v).isFinite();
        }
    }

    /// The memory of a step is NaN until it is written, that of a run is zero.
    @ParameterizedTest
    @MethodSource("ops")
    void no_op_reads_memory_it_has_not_written(OpExamples op) {
        try (Kernels run = CpuKernels.open()) {
            assertSame(inStep(op, NeedsGrad.ALL), op.run(run, NeedsGrad.ALL));
        }
    }

    @ParameterizedTest
    @MethodSource("ops")
    void a_gradient_is_computed_only_if_needed(OpExamples op) {
        int n = op.shapes().size();
        if (n == 1) return; // an op of one input runs backward only if it is needed
        List<float @Nullable []> all = inStep(op, NeedsGrad.ALL);
        for (int mask = 0; mask < 1 << n; mask++) {
            NeedsGrad needs =
                    new NeedsGrad((mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0, (mask & 8) != 0, (mask & 16) != 0);
            List<float @Nullable []> expected = new ArrayList<>(all);
            for (int i = 0; i < n; i++) if ((mask & 1 << i) == 0) expected.set(1 + i, null);
            assertSame(inStep(op, needs), expected);
        }
    }

    private static List<float @Nullable []> inStep(OpExamples op, NeedsGrad needs) {
        try (Kernels run = CpuKernels.open();
                Kernels k = run.openStep()) {
            return op.run(k, needs);
        }
    }

    private static void assertSame(List<float @Nullable []> got, List<float @Nullable []> expected) {
        assertThat(got).hasSameSizeAs(expected);
        for (int i = 0; i < got.size(); i++) assertThat(got.get(i)).isEqualTo(expected.get(i));
    }
}
