package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.PairBatch.Prompts;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Where the tokens of pairs lie.
class PairBatchTest {

    private static final LabelledPair PAIR = pair(0, 3, ids(5, 6, 7, 8, 9), ids(5, 6, 7, 1));
    private static final LabelledPair STRANGERS = pair(1, 1, ids(2, 3), ids(4, 3, 2));

    private static int[] ids(int... ids) {
        return ids;
    }

    private static LabelledPair pair(int row, int prompt, int[] chosen, int[] rejected) {
        return new LabelledPair(row, Labelled.completion(chosen, prompt), Labelled.completion(rejected, prompt));
    }

    private static int[] parents(PairBatch b) {
        Sequences s = b.tokens().layout();
        int[] all = new int[s.count()];
        for (int i = 0; i < all.length; i++) all[i] = s.parent(i);
        return all;
    }

    @Test
    void a_common_beginning_stands_once() {
        PairBatch b = PairBatch.of(List.of(PAIR, STRANGERS), Prompts.SHARED);
        assertThat(b.tokens().ids()).containsExactly(5, 6, 7, 8, 9, 1, 2, 3, 4, 3, 2);
        assertThat(b.tokens().positions()).containsExactly(0, 1, 2, 3, 4, 3, 0, 1, 0, 1, 2);
        assertThat(parents(b)).containsExactly(-1, 0, 0, -1, -1, -1);
    }

    @Test
    void repeated_prompts_stand_twice() {
        PairBatch b = PairBatch.of(List.of(PAIR, STRANGERS), Prompts.REPEATED);
        assertThat(b.tokens().ids()).containsExactly(5, 6, 7, 8, 9, 5, 6, 7, 1, 2, 3, 4, 3, 2);
        assertThat(b.tokens().positions()).containsExactly(0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 1, 0, 1, 2);
        assertThat(parents(b)).containsOnly(-1);
    }

    @Test
    void every_token_is_found_at_its_row() {
        List<LabelledPair> pairs = List.of(
                STRANGERS,
                PAIR,
                pair(2, 1, ids(1, 2, 3), ids(1, 2, 3)), // the same answer twice
                pair(3, 1, ids(1, 2), ids(1, 2, 3)), // one begins with the whole of the other
                pair(4, 1, ids(1, 2, 3), ids(1, 2)));
        for (Prompts prompts : Prompts.values()) {
            PairBatch b = PairBatch.of(pairs, prompts);
            int[] ids = b.tokens().ids();
            int[] positions = b.tokens().positions();
            List<Labelled> all = b.sequences();
            assertThat(all)
                    .hasSize(10)
                    .startsWith(STRANGERS.chosen())
                    .endsWith(pairs.get(4).rejected());
            for (int s = 0; s < all.size(); s++) {
                for (int t = 0; t < all.get(s).tokens(); t++) {
                    assertThat(ids[b.row(s, t)]).isEqualTo(all.get(s).ids()[t]);
                    assertThat(positions[b.row(s, t)]).isEqualTo(t);
                }
            }
        }
    }

    @Test
    void tokens_are_counted_whole() {
        assertThat(PAIR.tokens()).isEqualTo(9);
        assertThat(PairBatch.of(List.of(PAIR), Prompts.SHARED).tokens().tokens())
                .isEqualTo(6);
    }
}
