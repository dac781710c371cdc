package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

    /// Two key heads with two heads of values each, behind one row: in the file first the first of each key head.
    @Test
    void heads_of_values_lie_side_by_side_for_each_key_head() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor stored = Tensor.of(arena, Shape.of(9), 9, 0, 1, 2, 3, 4, 5, 6, 7);
            Tensor hf = StoredRows.tiled(1, 2, 4).undone(stored, arena);
            assertThat(hf.data().toArray(ValueLayout.JAVA_INT)).containsExactly(9, 0, 1, 4, 5, 2, 3, 6, 7);
            assertThat(StoredRows.tiled(1, 2, 4).done(hf, arena).isSameAs(stored))
                    .isTrue();
        }
    }

    /// Of two key heads of one row, four rows of values and four of gates.
    @Test
    void queries_keys_values_and_gates_lie_side_by_side_for_each_key_head() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor stored = Tensor.of(arena, Shape.of(12), 10, 11, 20, 21, 30, 31, 32, 33, 40, 41, 42, 43);
            Tensor hf = StoredRows.parts(2, 1).undone(stored, arena);
            assertThat(hf.data().toArray(ValueLayout.JAVA_INT))
                    .containsExactly(10, 20, 30, 31, 40, 41, 11, 21, 32, 33, 42, 43);
            assertThat(StoredRows.parts(2, 1).done(hf, arena).isSameAs(stored)).isTrue();
        }
    }

    /// Two rows of four heads of two columns; heads of blocks that do not fit are read as f32.
    @Test
    void columns_move_in_heads() {
        StoredColumns columns = new StoredColumns(StoredRows.tiled(0, 2, 4), 4);
        try (Arena arena = Arena.ofShared()) {
            Tensor stored = Tensor.of(arena, Shape.of(2, 8), 0f, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17);
            Tensor hf = columns.undone(stored, arena);
            assertThat(hf.toFloats()).containsExactly(0, 1, 4, 5, 2, 3, 6, 7, 10, 11, 14, 15, 12, 13, 16, 17);
            assertThat(columns.done(hf, arena).isSameAs(stored)).isTrue();
            Tensor blocks = Tensor.zeros(arena, DType.Q8_0, Shape.of(2, 64));
            assertThat(columns.undone(blocks, arena).dtype()).isEqualTo(DType.F32);
            Tensor whole = Tensor.zeros(arena, DType.Q8_0, Shape.of(2, 128));
            assertThat(columns.undone(whole, arena).dtype()).isEqualTo(DType.Q8_0);
        }
    }

    /// Two heads, keys of two values that do not turn and values of one, rank three.
    @Test
    void keys_and_values_of_latent_attention_are_rows_of_one() {
        try (Arena arena = Arena.ofShared()) {
            Tensor keys = Tensor.of(arena, Shape.of(2, 3, 2), 1f, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16);
            Tensor values = Tensor.of(arena, Shape.of(2, 1, 3), 7f, 8, 9, 17, 18, 19);
            LatentPair pair = new LatentPair(2, 2);
            Tensor both = pair.joined(keys, values, arena);
            assertThat(both.shape()).isEqualTo(Shape.of(6, 3));
            assertThat(both.toFloats()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19);
            assertThat(pair.half(both, 0, arena).isSameAs(keys)).isTrue();
            assertThat(pair.half(both, 1, arena).isSameAs(values)).isTrue();
            assertThat(pair.half(both.shape(), 0)).isEqualTo(keys.shape());
            assertThatThrownBy(() -> pair.joined(values, keys, arena))
                    .hasMessage("keys are F32[2, 1, 3], values are F32[2, 3, 2], expected [H,r,n] and [H,v,r]");
        }
    }

    @Test
    void decay_is_the_logarithm_of_what_is_stored_and_must_be_below_0() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor stored = Tensor.of(arena, Shape.of(2), -1f, (float) -Math.E);
            assertThat(StoredChange.NEGATIVE_EXP.undone(stored, arena).toFloats())
                    .containsExactly(0f, (float) Math.log((float) Math.E));
            assertThatThrownBy(() -> StoredChange.NEGATIVE_EXP.undone(Tensor.of(arena, Shape.of(1), 0f), arena))
                    .hasMessage("a value is 0.0, expected numbers < 0, at which states decay");
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
