package dev.gradine.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.kernel.Sequences.Rows;
import java.util.List;
import org.junit.jupiter.api.Test;

class SequencesTest {

    @Test
    void packed_sequences_have_as_many_keys_as_queries() {
        Sequences s = Sequences.packed(0, 3, 3, 10);
        assertThat(s.count()).isEqualTo(3);
        assertThat(s.queries()).isEqualTo(10);
        assertThat(s.keys()).isEqualTo(10);
        assertThat(s.queries(1)).isZero();
        assertThat(s.queries(2)).isEqualTo(7);
        assertThat(s.keys(2)).isEqualTo(7);
        assertThat(s.queryStart(2)).isEqualTo(3);
        assertThat(s.keyStart(2)).isEqualTo(3);
        assertThat(s.gaps()).isEmpty();
    }

    @Test
    void a_cache_has_more_keys_than_queries() {
        Sequences s = Sequences.cached(1, 5);
        assertThat(s.queries(0)).isEqualTo(1);
        assertThat(s.keys(0)).isEqualTo(5);
    }

    @Test
    void offsets_ascend_from_zero() {
        assertThatThrownBy(() -> Sequences.packed(1, 3))
                .isInstanceOf(ShapeException.class)
                .hasMessage("sequences: queryStart is [1, 3], expected to ascend from 0");
        assertThatThrownBy(() -> Sequences.of(new int[] {0, 3}, new int[] {0, 5, 4}))
                .hasMessage("sequences: keyStart is [0, 5, 4], expected to ascend from 0");
        assertThatThrownBy(Sequences::packed).hasMessage("sequences: queryStart is [], expected to ascend from 0");
    }

    @Test
    void queries_and_keys_pair_up() {
        assertThatThrownBy(() -> Sequences.of(new int[] {0, 3}, new int[] {0, 3, 4}))
                .hasMessage("sequences: 3 key offsets, expected 2 (one per query offset)");
    }

    @Test
    void caches_lie_anywhere_among_the_rows() {
        Sequences s = Sequences.ranges(new int[] {0, 1, 3}, new int[] {10, 2}, new int[] {4, 5}, 20);
        assertThat(s.keys()).isEqualTo(20);
        assertThat(s.keys(0)).isEqualTo(4);
        assertThat(s.keyStart(0)).isEqualTo(10);
        assertThat(s.gaps()).containsExactly(new Rows(0, 2), new Rows(7, 3), new Rows(14, 6));
    }

    @Test
    void ranges_pair_up_lie_among_the_rows_and_share_none() {
        refusesRanges("sequences: 1 first key rows, expected 2 (one per sequence)", new int[1], new int[2]);
        refusesRanges("sequences: 3 key counts, expected 2 (one per sequence)", new int[2], new int[3]);
        refusesRanges(
                "sequences: sequence 1 has 3 keys from row 8 on, expected them among 10 rows",
                new int[] {0, 8},
                new int[] {1, 3});
        refusesRanges(
                "sequences: sequence 0 has 3 keys from row -1 on, expected them among 10 rows",
                new int[] {-1, 8},
                new int[] {3, 1});
        refusesRanges(
                "sequences: key row 4 belongs to sequence 0 and another, expected one only",
                new int[] {4, 2},
                new int[] {3, 3});
    }

    private static void refusesRanges(String message, int[] keyStart, int[] keyCount) {
        assertThatThrownBy(() -> Sequences.ranges(new int[] {0, 1, 2}, keyStart, keyCount, 10))
                .isInstanceOf(ShapeException.class)
                .hasMessage(message);
    }

    private static Sequences paged(int[]... pages) {
        return Sequences.paged(new int[] {0, 1, 2}, List.of(pages), new int[] {200, 96}, 5 * 96 + 95);
    }

    @Test
    void keys_in_pages_lie_where_the_pages_say() {
        Sequences s = paged(new int[] {3, 4, 0}, new int[] {3, 1});
        assertThat(s.keys()).isEqualTo(5 * 96 + 95);
        assertThat(s.visibleKeys(0)).isEqualTo(200);
        assertThat(s.pages()).as("pages that are filled").containsExactly(3, 4, 0, 3);
        assertThat(s.row(0, 0)).isEqualTo(3 * 96);
        assertThat(s.row(0, 95)).isEqualTo(3 * 96 + 95);
        assertThat(s.row(0, 97)).isEqualTo(4 * 96 + 1);
        assertThat(s.row(0, 193)).isEqualTo(1);
        assertThat(s.row(1, 7)).isEqualTo(3 * 96 + 7);
        assertThat(s.run(0, 10)).as("two pages that follow one another").isEqualTo(182);
        assertThat(s.run(0, 191)).isEqualTo(1);
        assertThat(s.run(0, 192)).isEqualTo(8);
        assertThatCode(() -> Sequences.packed(0, 3).requireOwnKeys("op")).doesNotThrowAnyException();
        assertThatThrownBy(() -> s.requireOwnKeys("op")).hasMessageStartingWith("op: keys lie in pages");
    }

    @Test
    void keys_in_ranges_are_runs_too() {
        Sequences s = Sequences.ranges(new int[] {0, 0, 1}, new int[] {6, 0}, new int[] {4, 2}, 10)
                .continuing(new int[] {-1, 0});
        assertThat(s.row(1, 3)).isEqualTo(9);
        assertThat(s.row(1, 5)).isEqualTo(1);
        assertThat(s.run(1, 1)).as("keys of the parent").isEqualTo(3);
        assertThat(s.run(1, 4)).isEqualTo(2);
    }

    @Test
    void pages_that_follow_one_another_are_ranges() {
        Sequences s = paged(new int[] {2, 3, 4}, new int[] {3});
        assertThat(s.pages()).isEmpty();
        assertThat(s.keyStart(0)).isEqualTo(2 * 96);
        assertThat(s.run(0, 10)).isEqualTo(190);
        assertThat(s.row(1, 7)).isEqualTo(3 * 96 + 7);
        assertThatThrownBy(() -> s.requireOwnKeys("op")).as("they may share").hasMessageStartingWith("op: keys lie in");
    }

    @Test
    void pages_lie_among_the_rows_and_hold_all_keys() {
        assertThatThrownBy(() -> paged(new int[] {3, 4, 0}))
                .isInstanceOf(ShapeException.class)
                .hasMessage("sequences: 1 lists of pages, expected 2 (one per sequence)");
        assertThatThrownBy(() -> paged(new int[] {3, 4}, new int[] {1}))
                .hasMessage("sequences: sequence 0 has 200 keys in 2 pages, expected at most 96 a page");
        assertThatThrownBy(() -> paged(new int[] {3, 4, 0}, new int[] {5}))
                .hasMessage("sequences: sequence 1 has page 5, expected 0 to 4 (575 rows, 96 a page)");
        assertThatThrownBy(() -> paged(new int[] {3, -1, 0}, new int[] {1}))
                .hasMessage("sequences: sequence 0 has page -1, expected 0 to 4 (575 rows, 96 a page)");
    }

    @Test
    void a_continuation_reads_the_keys_of_its_parent_before_its_own() {
        Sequences s = Sequences.ranges(new int[] {0, 0, 1}, new int[] {6, 0}, new int[] {4, 2}, 10)
                .continuing(new int[] {-1, 0});
        assertThat(s.sharedKeys(1)).isEqualTo(4);
        assertThat(s.visibleKeys(1)).isEqualTo(6);
        assertThat(s.visibleKeys(0)).isEqualTo(4);
        assertThat(s.gaps()).containsExactly(new Rows(2, 4));
    }

    @Test
    void a_branch_names_the_sequence_it_continues() {
        Sequences s = Sequences.branching(new int[] {0, 4, 6, 9, 9}, new int[] {-1, 0, 0, -1});
        assertThat(s.count()).isEqualTo(4);
        assertThat(s.queries(1)).isEqualTo(2);
        assertThat(s.keys(1)).isEqualTo(2);
        assertThat(s.parent(0)).isEqualTo(-1);
        assertThat(s.parent(2)).isZero();
        assertThat(s.parent(3)).isEqualTo(-1);
        assertThat(Sequences.packed(0, 3).parent(0)).isEqualTo(-1);
        assertThat(Sequences.cached(1, 3).parent(0)).isEqualTo(-1);
    }

    @Test
    void a_parent_is_an_earlier_sequence_without_a_parent() {
        assertThatThrownBy(() -> Sequences.branching(new int[] {0, 1, 2}, new int[] {-1}))
                .isInstanceOf(ShapeException.class)
                .hasMessage("sequences: 1 parents, expected 2 (one per sequence)");
        assertThatThrownBy(() -> Sequences.branching(new int[] {1, 2}, new int[] {-1}))
                .hasMessage("sequences: start is [1, 2], expected to ascend from 0");
        refusesParent(0, 0, 0, -1, -1);
        refusesParent(1, 2, -1, 2, -1);
        refusesParent(1, -2, -1, -2, -1);
        refusesParent(2, 1, -1, 0, 1);
    }

    private static void refusesParent(int sequence, int named, int... parent) {
        assertThatThrownBy(() -> Sequences.branching(new int[] {0, 1, 2, 3}, parent))
                .isInstanceOf(ShapeException.class)
                .hasMessage(
                        "sequences: parent of sequence %d is %d, expected -1 or an earlier sequence without a parent"
                                .formatted(sequence, named));
    }
}
