package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class StoredRowsTest {

    @Test
    void neighbours_of_a_head_become_halves_of_it() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor stored = Tensor.of(arena, Shape.of(12), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
            Tensor hf = StoredRows.pairs(2).undone(stored, arena);
            assertThat(hf.data().toArray(ValueLayout.JAVA_INT)).containsExactly(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11);
        }
    }

    /// Four query heads of two rows and two key heads: rows 0 to 7 are queries, 8 to 11 keys, 12 to 15 values.
    @Test
    void queries_keys_and_values_lie_side_by_side_for_each_key_head() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor stored = Tensor.of(arena, Shape.of(16), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            Tensor hf = StoredRows.groups(4, 2).undone(stored, arena);
            assertThat(hf.data().toArray(ValueLayout.JAVA_INT))
                    .containsExactly(0, 1, 2, 3, 8, 9, 12, 13, 4, 5, 6, 7, 10, 11, 14, 15);
            assertThat(StoredRows.groups(4, 2).done(hf, arena).isSameAs(stored)).isTrue();
        }
    }

    @Test
    void rows_of_blocks_move_whole() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor stored = Tensor.zeros(arena, DType.Q8_0, Shape.of(4, 64));
            for (int row = 0; row < 4; row++) stored.rows(row, row + 1).data().fill((byte) row);
            Tensor hf = StoredRows.pairs(1).undone(stored, arena);
            assertThat(hf.toString()).isEqualTo("Q8_0[4, 64]");
            int[] order = {0, 2, 1, 3};
            for (int row = 0; row < 4; row++) {
                byte expected = (byte) order[row];
                assertThat(Bytes.of(hf.rows(row, row + 1)))
                        .containsOnly(expected)
                        .hasSize(68);
            }
        }
    }
}
