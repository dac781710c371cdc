package dev.gradine.lab.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.data.encode.Judged;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Walks are what they are said to be, and worth what can be counted by hand.
class WalksTest {

    private static final int HIGH = 33;
    private static final int LOW = 34;
    private static final int END = 35;

    private static LabelledTokens answer(int... ids) {
        return LabelledTokens.completion(ids, 2);
    }

    @Test
    void an_answer_is_worth_the_mean_of_its_letters_as_the_prompt_asks() {
        assertThat(Walks.worth(answer(HIGH, 7, 15, 0, 15, END))).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(Walks.worth(answer(LOW, 7, 15, 0, 15, END))).isCloseTo(-1 / 3.0, within(1e-12));
        assertThat(Walks.worth(answer(HIGH, 7, 9, END))).isCloseTo(3 / 15.0, within(1e-12));
        assertThat(Walks.worth(answer(HIGH, 7, END))).isZero();
        assertThat(Walks.letters(answer(HIGH, 7, 9, 8, END))).isEqualTo(2);
    }

    @Test
    void a_text_walks_by_two_letters_at_most_and_ends() {
        for (LabelledTokens t : Walks.texts(200, new SplittableRandom(1))) {
            int[] ids = t.ids();
            assertThat(ids[0]).isIn(HIGH, LOW);
            assertThat(ids[ids.length - 1]).isEqualTo(END);
            assertThat(Walks.letters(t)).isBetween(3, 8).isEqualTo(ids.length - 3);
            assertThat(IntStream.range(2, ids.length - 1).map(i -> Math.abs(ids[i] - ids[i - 1])))
                    .allMatch(step -> step <= 2);
        }
    }

    @Test
    void the_better_answer_is_chosen_and_a_tie_makes_no_pair() {
        LabelledTokens good = answer(HIGH, 7, 9, END);
        LabelledTokens bad = answer(HIGH, 7, 5, END);
        assertThat(Walks.pairs(List.of(good, bad, good), List.of(bad, good, good), Walks::worth))
                .containsExactly(new Pair(good, bad), new Pair(good, bad));
    }

    @Test
    void a_judged_answer_is_compared_with_that_of_another_pair_behind_its_own_prompt() {
        Pair first = new Pair(answer(HIGH, 7, 9, END), answer(HIGH, 7, 5, END));
        Pair second = new Pair(answer(LOW, 4, 3, END), answer(LOW, 4, 6, END));
        assertThat(Walks.judged(List.of(first, second)))
                .startsWith(
                        new Judged(first.chosen(), true, answer(HIGH, 7, 3, END)),
                        new Judged(first.rejected(), false, answer(HIGH, 7, 6, END)))
                .endsWith(new Judged(second.rejected(), false, answer(LOW, 4, 5, END)));
    }
}
