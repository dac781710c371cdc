package dev.gradine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShapeTest {

    @Test
    void knows_its_extents() {
        Shape s = Shape.of(2, 3, 4);
        assertThat(s.rank()).isEqualTo(3);
        assertThat(s.dim(1)).isEqualTo(3);
        assertThat(s.last()).isEqualTo(4);
        assertThat(s.rows()).isEqualTo(6);
        assertThat(s.size()).isEqualTo(24);
        assertThat(s.dropLast()).isEqualTo(Shape.of(2, 3));
        assertThat(s.withLast(9)).isEqualTo(Shape.of(2, 3, 9));
        assertThat(s).hasToString("[2, 3, 4]").hasSameHashCodeAs(Shape.of(2, 3, 4));
        assertThat(Shape.SCALAR.size()).isEqualTo(1);
        assertThat(Shape.of(3, 0).rows()).isZero();
    }

    @Test
    void is_not_changed_through_the_arrays_it_came_from_or_gives() {
        int[] dims = {2, 3};
        Shape s = Shape.of(dims);
        dims[0] = 9;
        s.toArray()[1] = 9;
        assertThat(s).isEqualTo(Shape.of(2, 3));
    }

    @Test
    void refuses_more_than_six_axes() {
        assertThatThrownBy(() -> Shape.of(1, 2, 3, 4, 5, 6, 7))
                .isInstanceOf(ShapeException.class)
                .hasMessage("shape: [1, 2, 3, 4, 5, 6, 7], expected at most 6 axes");
    }

    @Test
    void refuses_a_negative_extent() {
        assertThatThrownBy(() -> Shape.of(2, -1))
                .isInstanceOf(ShapeException.class)
                .hasMessage("shape: [2, -1], expected no negative extent");
    }

    @Test
    void refuses_more_values_than_an_int_counts() {
        assertThat(Shape.of(Integer.MAX_VALUE).size()).isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> Shape.of(65536, 32768))
                .isInstanceOf(ShapeException.class)
                .hasMessage("shape: [65536, 32768], expected fewer than 2^31 values");
    }

    @Test
    void requirements_name_op_argument_and_reason() {
        assertThatThrownBy(() -> ShapeException.require("add", "b", Shape.of(3), Shape.of(2), "shape of a"))
                .hasMessage("add: b is [3], expected [2] (shape of a)");
        assertThatThrownBy(() -> ShapeException.requireRank("matmul", "a", Shape.of(3), 2))
                .hasMessage("matmul: a is [3], expected 2 axes");
        ShapeException.require("add", "b", Shape.of(2), Shape.of(2), "shape of a");
        ShapeException.requireRank("matmul", "a", Shape.of(3, 4), 2);
    }
}
