package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Question;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Answers in a tensor and out of it.
class KeptAnswersTest {

    private static final Question QUESTION = Question.of(new int[] {7, 8});
    private static final Attempt FIRST = Attempt.of(LabelledTokens.completion(new int[] {7, 8, 1, 2, 3}, 2), true)
            .worth(0.1)
            .better(-1 / 3.0)
            .seen(new float[] {-0.1f, -2, -3e-7f}, new float[] {-1, -2, -3});
    private static final Attempt SECOND = Attempt.of(LabelledTokens.completion(new int[] {7, 8, 9}, 2), false)
            .worth(Double.NaN)
            .seen(new float[] {-1.5f}, new float[0]);
    private static final Map<String, Double> FACTS = Map.of("reward", 0.1, "π", Math.PI);

    private static Group group(Attempt... attempts) {
        return new Group(QUESTION, List.of(attempts), FACTS);
    }

    private static void check(Attempt got, Attempt want) {
        assertThat(got.answer()).isEqualTo(want.answer());
        assertThat(got.ended()).isEqualTo(want.ended());
        assertThat(Double.compare(got.reward(), want.reward())).isZero(); // NaN, too
        assertThat(got.advantage()).isEqualTo(want.advantage());
        assertThat(got.old()).isEqualTo(want.old());
        assertThat(got.reference()).isEqualTo(want.reference());
    }

    @Test
    void what_is_put_comes_back_to_the_bit() {
        try (Kernels run = CpuKernels.open()) {
            KeptAnswers kept = new KeptAnswers(run, 3, 5);
            kept.put(List.of(List.of(group(FIRST, SECOND)), List.of(group(SECOND))));
            List<List<Group>> got = kept.get();
            assertThat(got).hasSize(2);
            check(got.getFirst().getFirst().attempts().getFirst(), FIRST);
            check(got.getFirst().getFirst().attempts().get(1), SECOND);
            check(got.get(1).getFirst().attempts().getFirst(), SECOND);
            assertThat(got.get(1).getFirst().facts()).isEqualTo(FACTS);
            assertThat(got.get(1).getFirst().question().prompt()).containsExactly(7, 8);
        }
    }

    @Test
    void longer_answers_than_a_step_has_are_refused() {
        try (Kernels run = CpuKernels.open()) {
            KeptAnswers kept = new KeptAnswers(run, 1, 5);
            Group many = group(FIRST, FIRST, FIRST, FIRST, FIRST, FIRST, FIRST, FIRST, FIRST, FIRST);
            List<Group> all = Collections.nCopies(9, many);
            assertThatThrownBy(() -> kept.put(List.of(all)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("rollouts: the answers of a step are longer than expected");
        }
    }
}
