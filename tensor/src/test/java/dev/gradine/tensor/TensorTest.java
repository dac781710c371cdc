package dev.gradine.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class TensorTest {

    @Test
    void rows_and_reshape_are_views() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Tensor.of(arena, Shape.of(3, 2), 0f, 1, 2, 3, 4, 5);
            Tensor middle = t.rows(1, 3);
            assertThat(middle.shape()).isEqualTo(Shape.of(2, 2));
            assertThat(middle.data().toArray(JAVA_FLOAT)).containsExactly(2, 3, 4, 5);
            middle.data().setAtIndex(JAVA_FLOAT, 0, 9);
            assertThat(t.data().getAtIndex(JAVA_FLOAT, 2)).isEqualTo(9);
            assertThat(t.reshape(Shape.of(6)).sharesMemoryWith(t)).isTrue();
            assertThat(middle.sharesMemoryWith(t)).isFalse();
            assertThat(t.rows(1, 1).size()).isZero();
            assertThat(t).hasToString("F32[3, 2]");
        }
    }

    @Test
    void memory_starts_at_a_cache_line() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor.zeros(arena, DType.I8, Shape.of(1));
            assertThat(Tensor.zeros(arena, DType.F32, Shape.of(1)).data().address() % Tensor.ALIGNMENT)
                    .isZero();
        }
    }

    @Test
    void memory_moves_to_a_released_tensor_and_its_views() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Tensor.of(arena, Shape.of(3, 2), 0f, 1, 2, 3, 4, 5);
            Tensor last = t.rows(2, 3);
            t.takeData();
            Tensor.of(arena, Shape.of(3, 2), 9f, 8, 7, 6, 5, 3).moveTo(t);
            assertThat(t.data().toArray(JAVA_FLOAT)).containsExactly(9, 8, 7, 6, 5, 3);
            assertThat(last.data().toArray(JAVA_FLOAT)).containsExactly(5, 3);
            assertThat(last.whole()).isSameAs(t);
        }
    }

    @Test
    void memory_moves_only_to_a_released_tensor_of_its_shape() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Tensor.zeros(arena, DType.F32, Shape.of(4));
            Tensor from = Tensor.zeros(arena, DType.F32, Shape.of(4));
            assertThatThrownBy(() -> from.moveTo(t))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("move: to F32[4] that holds memory, expected a released tensor like F32[4]");
            t.takeData();
            assertThatThrownBy(() -> from.reshape(Shape.of(2, 2)).moveTo(t))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("move: tensor is [2, 2], expected [4] (shape of the released one)");
        }
    }

    @Test
    void refuses_memory_of_another_size() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Tensor.zeros(arena, DType.F32, Shape.of(4));
            assertThatThrownBy(() -> t.reshape(Shape.of(5)))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("tensor: 16 bytes, expected 20 for F32[5]");
            assertThatThrownBy(() -> t.rows(2, 5))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("rows: [2, 5) of [4], expected a range within 4");
        }
    }
}
