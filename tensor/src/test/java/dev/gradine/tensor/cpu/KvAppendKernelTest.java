package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KvAppendKernelTest {

    private final Tensors t = new Tensors();
    private final Tensor keys = t.of(Shape.of(3, 2), 1, 2, 3, 4, 5, 6);
    private final Tensor values = t.of(Shape.of(3, 2), 10, 20, 30, 40, 50, 60);
    private final Tensor fresh = t.of(Shape.of(2, 2), 7, 8, 9, -1);

    @AfterEach
    void close() {
        t.close();
    }

    @Test
    void rows_go_into_their_slots_and_no_other_changes() {
        KvAppendCpu.KERNEL.append(fresh, t.of(Shape.of(2, 2), 70, 80, 90, -10), t.ints(2, 0), keys, values);
        assertThat(t.values(keys)).containsExactly(9, -1, 3, 4, 7, 8);
        assertThat(t.values(values)).containsExactly(90, -10, 30, 40, 70, 80);
    }

    @Test
    void refuses_slots_that_are_not_there() {
        assertThatThrownBy(() -> KvAppendCpu.KERNEL.append(fresh, fresh, t.ints(0, 3), keys, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kv_append: value 1 of slots is 3, expected 0 to 2");
    }

    @Test
    void refuses_rows_of_another_width() {
        Tensor narrow = t.of(Shape.of(2, 1), 1, 2);
        assertThatThrownBy(() -> KvAppendCpu.KERNEL.append(narrow, narrow, t.ints(0, 1), keys, values))
                .isInstanceOf(ShapeException.class)
                .hasMessage("kv_append: kCache is F32[3, 2], expected rows of 1 values");
    }
}
