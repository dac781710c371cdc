package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.tensor.kernel.Sequences;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where the tokens of groups lie.
class PackedTest {

    private static final List<LabelledTokens> PAIR = group(3, ids(5, 6, 7, 8, 9), ids(5, 6, 7, 1));
    private static final List<LabelledTokens> STRANGERS = group(1, ids(2, 3), ids(4, 3, 2));

    private static int[] ids(int... ids) {
        return ids;
    }

    private static List<LabelledTokens> group(int prompt, int[]... sequences) {
        return Arrays.stream(sequences)
                .map(ids -> LabelledTokens.completion(ids, prompt))
                .toList();
    }

    private static int[] parents(Packed b) {
        Sequences s = b.tokens().layout();
        int[] all = new int[s.count()];
        for (int i = 0; i < all.length; i++) all[i] = s.parent(i);
        return all;
    }

    @Test
    void a_common_beginning_stands_once() {
        Packed b = Packed.of(List.of(PAIR, STRANGERS), true);
        assertThat(b.tokens().ids()).containsExactly(5, 6, 7, 8, 9, 1, 2, 3, 4, 3, 2);
        assertThat(b.tokens().positions()).containsExactly(0, 1, 2, 3, 4, 3, 0, 1, 0, 1, 2);
        assertThat(parents(b)).containsExactly(-1, 0, 0, -1, -1, -1);
    }

    @Test
    void repeated_prompts_stand_twice() {
        Packed b = Packed.of(List.of(PAIR, STRANGERS), false);
        assertThat(b.tokens().ids()).containsExactly(5, 6, 7, 8, 9, 5, 6, 7, 1, 2, 3, 4, 3, 2);
        assertThat(b.tokens().positions()).containsExactly(0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 1, 0, 1, 2);
        assertThat(parents(b)).containsOnly(-1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void every_token_is_found_at_its_row(boolean share) {
        List<List<LabelledTokens>> groups = List.of(
                STRANGERS,
                PAIR,
                group(1, ids(1, 2, 3), ids(1, 2, 3)), // the same answer twice
                group(1, ids(1, 2), ids(1, 2, 3)), // one begins with the whole of the other
                group(1, ids(1, 2, 3), ids(1, 2)),
                group(1, ids(4, 5, 6)), // alone
                group(2, ids(1, 2, 3, 4), ids(1, 2, 5), ids(1, 2, 3, 6, 7), ids(1, 2)));
        Packed b = Packed.of(groups, share);
        int[] ids = b.tokens().ids();
        int[] positions = b.tokens().positions();
        List<LabelledTokens> all = b.sequences();
        assertThat(all).hasSize(15);
        for (int s = 0; s < all.size(); s++) {
            for (int t = 0; t < all.get(s).tokens(); t++) {
                assertThat(ids[b.row(s, t)]).isEqualTo(all.get(s).ids()[t]);
                assertThat(positions[b.row(s, t)]).isEqualTo(t);
            }
        }
    }

    @Test
    void sequences_are_numbered_by_branch() {
        List<LabelledTokens> alone = group(1, ids(4, 5, 6));
        List<LabelledTokens> three = group(1, ids(1, 2), ids(1, 3), ids(1, 4));
        Packed b = Packed.of(List.of(PAIR, alone, three), true);
        assertThat(b.sequences())
                .containsExactly(PAIR.get(0), alone.get(0), three.get(0), PAIR.get(1), three.get(1), three.get(2));
        assertThat(b.branches()).isEqualTo(3);
        assertThat(new int[] {b.firstOf(0), b.firstOf(1), b.firstOf(2), b.firstOf(3), b.firstOf(9)})
                .containsExactly(0, 3, 5, 6, 6);
    }

    @Test
    void a_sequence_alone_is_read_as_it_is() {
        List<LabelledTokens> all = List.of(PAIR.get(0), STRANGERS.get(1));
        Packed b = Packed.apart(all);
        assertThat(b.sequences()).isEqualTo(all);
        assertThat(b.tokens().ids()).containsExactly(5, 6, 7, 8, 9, 4, 3, 2);
        assertThat(parents(b)).containsExactly(-1, -1);
    }

    @Test
    void what_all_of_a_group_begin_with_is_read_once() {
        assertThat(Packed.of(List.of(PAIR), true).tokens().tokens()).isEqualTo(6);
        List<LabelledTokens> four = group(2, ids(1, 2, 3, 4), ids(1, 2, 5), ids(1, 2, 3, 6), ids(1, 2));
        assertThat(Packed.of(List.of(four), true).tokens().ids()).containsExactly(1, 2, 3, 4, 5, 3, 6);
    }
}
