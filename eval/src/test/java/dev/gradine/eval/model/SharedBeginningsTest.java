package dev.gradine.eval.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.encode.LabelledTokens;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Groups are joined where that spares rows, and only there.
class SharedBeginningsTest {

    /// `beginning` tokens 1, then the given ones.
    private static LabelledTokens sequence(int beginning, int... own) {
        return LabelledTokens.completion(
                IntStream.concat(IntStream.range(0, beginning).map(_ -> 1), IntStream.of(own))
                        .toArray(),
                beginning);
    }

    private static SharedBeginnings of(List<List<LabelledTokens>> groups) {
        SharedBeginnings all = new SharedBeginnings();
        for (List<LabelledTokens> g : groups) {
            int expected = all.rowsWith(g);
            all.add(g);
            assertThat(rows(all.groups())).isEqualTo(expected);
        }
        return all;
    }

    /// Counted by hand: the common beginning once, the rest of each.
    private static int rows(List<List<LabelledTokens>> groups) {
        int rows = 0;
        for (List<LabelledTokens> g : groups) {
            int common = 0;
            int shortest = g.stream().mapToInt(LabelledTokens::tokens).min().orElse(0);
            while (common < shortest && same(g, common)) common++;
            rows += common;
            for (LabelledTokens l : g) rows += l.tokens() - common;
        }
        return rows;
    }

    private static boolean same(List<LabelledTokens> g, int t) {
        return g.stream().map(l -> l.ids()[t]).distinct().count() == 1;
    }

    @Test
    void items_behind_the_same_examples_are_read_once() {
        List<LabelledTokens> one = List.of(sequence(10, 2, 3), sequence(10, 2, 4));
        List<LabelledTokens> two = List.of(sequence(10, 5, 3), sequence(10, 5, 4));
        assertThat(of(List.of(one, two)).groups())
                .containsExactly(List.of(one.get(0), one.get(1), two.get(0), two.get(1)));
    }

    @Test
    void items_that_share_more_within_themselves_stay_apart() {
        List<LabelledTokens> one = List.of(sequence(1, 2, 2, 2, 3), sequence(1, 2, 2, 2, 4));
        List<LabelledTokens> two = List.of(sequence(1, 5, 5, 5, 3), sequence(1, 5, 5, 5, 4));
        assertThat(of(List.of(one, two)).groups()).containsExactly(one, two);
    }

    @Test
    void a_group_that_fits_none_is_alone() {
        List<LabelledTokens> one = List.of(sequence(10, 2), sequence(10, 3));
        List<LabelledTokens> other = List.of(sequence(0, 7, 7, 7));
        assertThat(of(List.of(one, other, one)).groups()).containsExactly(one, other, one);
    }
}
