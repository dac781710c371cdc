package dev.gradine.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.ShapeException;
import org.junit.jupiter.api.Test;

class SegmentsTest {

    @Test
    void packed_sequences_have_as_many_keys_as_queries() {
        Segments s = Segments.packed(0, 3, 3, 10);
        assertThat(s.count()).isEqualTo(3);
        assertThat(s.queries()).isEqualTo(10);
        assertThat(s.keys()).isEqualTo(10);
        assertThat(s.queries(1)).isZero();
        assertThat(s.queries(2)).isEqualTo(7);
        assertThat(s.keys(2)).isEqualTo(7);
        assertThat(s.queryStart(2)).isEqualTo(3);
        assertThat(s.keyStart(3)).isEqualTo(10);
    }

    @Test
    void a_cache_has_more_keys_than_queries() {
        Segments s = Segments.cached(1, 5);
        assertThat(s.queries(0)).isEqualTo(1);
        assertThat(s.keys(0)).isEqualTo(5);
    }

    @Test
    void offsets_ascend_from_zero() {
        assertThatThrownBy(() -> Segments.packed(1, 3))
                .isInstanceOf(ShapeException.class)
                .hasMessage("segments: queryStart is [1, 3], expected to ascend from 0");
        assertThatThrownBy(() -> Segments.of(new int[] {0, 3}, new int[] {0, 5, 4}))
                .hasMessage("segments: keyStart is [0, 5, 4], expected to ascend from 0");
        assertThatThrownBy(Segments::packed).hasMessage("segments: queryStart is [], expected to ascend from 0");
    }

    @Test
    void queries_and_keys_pair_up() {
        assertThatThrownBy(() -> Segments.of(new int[] {0, 3}, new int[] {0, 3, 4}))
                .hasMessage("segments: 2 query offsets, expected 3 (one per key offset)");
        assertThatThrownBy(() -> Segments.of(new int[] {0, 3}, new int[] {0, 2}))
                .hasMessage("segments: sequence 0 has 2 keys, expected at least its 3 queries");
    }

    @Test
    void a_branch_names_the_sequence_it_continues() {
        Segments s = Segments.branching(new int[] {0, 4, 6, 9, 9}, new int[] {-1, 0, 0, -1});
        assertThat(s.count()).isEqualTo(4);
        assertThat(s.queries(1)).isEqualTo(2);
        assertThat(s.keys(1)).isEqualTo(2);
        assertThat(s.parent(0)).isEqualTo(-1);
        assertThat(s.parent(2)).isZero();
        assertThat(s.parent(3)).isEqualTo(-1);
        assertThat(Segments.packed(0, 3).parent(0)).isEqualTo(-1);
        assertThat(Segments.cached(1, 3).parent(0)).isEqualTo(-1);
    }

    @Test
    void a_parent_is_an_earlier_sequence_without_a_parent() {
        assertThatThrownBy(() -> Segments.branching(new int[] {0, 1, 2}, new int[] {-1}))
                .isInstanceOf(ShapeException.class)
                .hasMessage("segments: 1 parents, expected 2 (one per sequence)");
        assertThatThrownBy(() -> Segments.branching(new int[] {1, 2}, new int[] {-1}))
                .hasMessage("segments: start is [1, 2], expected to ascend from 0");
        refusesParent(0, 0, 0, -1, -1);
        refusesParent(1, 2, -1, 2, -1);
        refusesParent(1, -2, -1, -2, -1);
        refusesParent(2, 1, -1, 0, 1);
    }

    private static void refusesParent(int sequence, int named, int... parent) {
        assertThatThrownBy(() -> Segments.branching(new int[] {0, 1, 2, 3}, parent))
                .isInstanceOf(ShapeException.class)
                .hasMessage("segments: parent of sequence %d is %d, expected -1 or an earlier sequence without a parent"
                        .formatted(sequence, named));
    }
}
