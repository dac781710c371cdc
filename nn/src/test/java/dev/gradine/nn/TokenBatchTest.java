package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.kernel.Sequences;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How sequences are laid one after the other.
class TokenBatchTest {

    @Test
    void positions_start_anew_in_each_sequence() {
        TokenBatch b = TokenBatch.of(List.of(new int[] {7, 8, 9}, new int[0], new int[] {5, 6}));
        assertThat(b.ids()).containsExactly(7, 8, 9, 5, 6);
        assertThat(b.positions()).containsExactly(0, 1, 2, 0, 1);
        assertThat(b.tokens()).isEqualTo(5);
        Sequences s = b.layout();
        assertThat(s.count()).isEqualTo(3);
        assertThat(new int[] {s.queryStart(0), s.queryStart(1), s.queryStart(2), s.queries()})
                .containsExactly(0, 3, 3, 5);
        assertThat(s.keys()).isEqualTo(5);
    }

    @Test
    void a_branch_counts_on_from_its_parent() {
        TokenBatch b = TokenBatch.branching(
                List.of(new int[] {7, 8, 9}, new int[] {5, 6}, new int[] {4}, new int[] {1}), new int[] {-1, 0, 0, -1});
        assertThat(b.ids()).containsExactly(7, 8, 9, 5, 6, 4, 1);
        assertThat(b.positions()).containsExactly(0, 1, 2, 3, 4, 3, 0);
        Sequences s = b.layout();
        assertThat(new int[] {s.parent(0), s.parent(1), s.parent(2), s.parent(3)})
                .containsExactly(-1, 0, 0, -1);
    }

    @Test
    void a_continuation_counts_on_from_the_past() {
        TokenBatch b = TokenBatch.continuing(new int[] {4, 5}, 10);
        assertThat(b.positions()).containsExactly(10, 11);
        assertThat(b.layout().queries()).isEqualTo(2);
        assertThat(b.layout().keys()).isEqualTo(12);
    }

    @Test
    void the_callers_array_is_not_kept() {
        int[] ids = {1, 2};
        TokenBatch b = TokenBatch.continuing(ids, 0);
        ids[0] = 9;
        b.ids()[1] = 9;
        assertThat(b.ids()).containsExactly(1, 2);
    }
}
