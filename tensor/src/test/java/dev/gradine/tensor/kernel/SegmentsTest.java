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
}
