package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.PreferenceLoss.Pair;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds for every preference loss there is.
class LossContractTest {

    private static final Map<Class<?>, PreferenceLoss> LOSSES = Map.of(DpoLoss.class, new DpoLoss(0.3f));
    private static final int PAIRS = 17;

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    static Set<Class<?>> losses() {
        return LOSSES.keySet();
    }

    /// Losses of the pairs, then the gradients of chosen and rejected under the policy.
    private float[][] apply(Class<?> type, float[]... logProbs) {
        PreferenceLoss loss = Objects.requireNonNull(LOSSES.get(type));
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var[] v = new Var[4];
            for (int i = 0; i < 4; i++) v[i] = t.leaf(k.of(Shape.of(logProbs[i].length), logProbs[i]));
            Var y = loss.apply(new Pair(v[0], v[1]), new Pair(v[2], v[3]));
            float[] ones = new float[y.value().size()];
            Arrays.fill(ones, 1);
            t.backward(y, k.of(y.shape(), ones));
            return new float[][] {k.download(y.value()), k.download(v[0].grad()), k.download(v[1].grad())};
        }
    }

    private static float[] logProbs(long seed) {
        return Cases.mild(seed, PAIRS);
    }

    @Test
    void every_permitted_loss_is_tried() {
        Set<Class<?>> permitted = Arrays.stream(PreferenceLoss.class.getPermittedSubclasses())
                .filter(c -> c != CustomPreferenceLoss.class)
                .collect(Collectors.toSet());
        assertThat(LOSSES.keySet()).isEqualTo(permitted);
    }

    @ParameterizedTest
    @MethodSource("losses")
    void there_is_one_finite_loss_a_pair_and_the_same_twice(Class<?> type) {
        float[][] once = apply(type, logProbs(1), logProbs(2), logProbs(3), logProbs(4));
        float[][] again = apply(type, logProbs(1), logProbs(2), logProbs(3), logProbs(4));
        assertThat(once[0]).hasSize(PAIRS);
        for (int i = 0; i < 3; i++) {
            assertThat(once[i]).isEqualTo(again[i]);
            for (float v : once[i]) assertThat(v).isFinite();
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void a_likelier_chosen_answer_costs_less_and_a_likelier_rejected_one_more(Class<?> type) {
        float[][] result = apply(type, logProbs(1), logProbs(2), logProbs(3), logProbs(4));
        for (float g : result[1]) assertThat(g).isNegative();
        for (float g : result[2]) assertThat(g).isPositive();
    }

    @ParameterizedTest
    @MethodSource("losses")
    void a_pairs_loss_does_not_depend_on_its_neighbours(Class<?> type) {
        float[][] all = apply(type, logProbs(1), logProbs(2), logProbs(3), logProbs(4));
        for (int i = 0; i < PAIRS; i++) {
            float[][] alone = apply(type, at(1, i), at(2, i), at(3, i), at(4, i));
            // a vector and its tail may round their exponential apart
            assertThat(alone[0][0]).isCloseTo(all[0][i], within(4 * Math.ulp(all[0][i])));
        }
    }

    private static float[] at(long seed, int i) {
        return new float[] {logProbs(seed)[i]};
    }

    @ParameterizedTest
    @MethodSource("losses")
    void beta_is_above_zero(Class<?> type) {
        assertThat(Objects.requireNonNull(LOSSES.get(type)).beta()).isPositive();
    }
}
