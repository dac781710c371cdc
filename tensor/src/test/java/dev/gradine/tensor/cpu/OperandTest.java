package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/// What a segment would have caught at the access is caught before a kernel computes with addresses.
class OperandTest {

    @Test
    void an_operand_of_another_size_or_type_is_named() {
        try (Tensors t = new Tensors()) {
            Tensor four = t.of(1, 2, 3, 4);
            Tensor three = t.of(1, 2, 3);
            assertThatThrownBy(() -> ElementwiseCpu.KERNEL.add(four, three, four))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("add: b is F32[3], expected 4 values of F32");
            assertThatThrownBy(() -> ElementwiseCpu.KERNEL.scale(t.ints(1, 2, 3), 2, three))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("scale: x is I32[3], expected 3 values of F32");
            assertThatThrownBy(() -> IndexSelectCpu.KERNEL.forward(three, four, t.unwritten(Shape.of(3, 4))))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("index_select: ids is F32[3], expected 3 values of I32");
            assertThat(t.values(four)).containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void an_index_outside_its_table_is_named() {
        try (Tensors t = new Tensors()) {
            Tensor table = t.of(Shape.of(2, 3), new float[6]);
            Tensor y = t.unwritten(Shape.of(2, 3));
            assertThatThrownBy(() -> IndexSelectCpu.KERNEL.forward(t.ints(0, 2), table, y))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("index_select: value 1 of ids is 2, expected 0 to 1");
            assertThatThrownBy(() -> IndexSelectCpu.KERNEL.backward(t.ints(-1, 0), y, table))
                    .hasMessage("index_select: value 0 of ids is -1, expected 0 to 1");
            Tensor one = t.unwritten(Shape.of(2));
            assertThatThrownBy(() -> LogProbCpu.KERNEL.forward(table, t.ints(0, 3), one, one, null))
                    .hasMessage("log_prob: value 1 of targets is 3, expected 0 to 2");
            Tensor angles = t.of(Shape.of(4, 1), new float[4]);
            Tensor x = t.of(Shape.of(1, 2), 1, 2);
            assertThatThrownBy(() -> RopeCpu.KERNEL.forward(x, t.ints(4), RopeAngles.halves(angles, angles), x))
                    .hasMessage("rope: value 0 of positions is 4, expected 0 to 3");
        }
    }

    @Test
    void a_segment_lies_within_the_values_and_does_not_end_before_it_starts() {
        try (Tensors t = new Tensors()) {
            Tensor x = t.of(1, 2, 3);
            Tensor y = t.unwritten(Shape.of(2));
            assertThatThrownBy(() -> ReduceCpu.KERNEL.segmentSum(x, t.ints(0, 2, 4), y))
                    .hasMessage("segment_sum: value 2 of offsets is 4, expected 0 to 3");
            assertThatThrownBy(() -> ReduceCpu.KERNEL.segmentSum(x, t.ints(0, 2, 1), y))
                    .hasMessage("segment_sum: offset 2 is 1, expected at least 2 (the one before)");
        }
    }

    @Test
    void read_only_memory_is_not_written() {
        try (Arena arena = Arena.ofConfined();
                Tensors t = new Tensors()) {
            Tensor mapped = new Tensor(arena.allocate(12, 64).asReadOnly(), DType.F32, Shape.of(3));
            Tensor x = t.of(1, 2, 3);
            ElementwiseCpu.KERNEL.add(mapped, x, x);
            assertThatThrownBy(() -> ElementwiseCpu.KERNEL.add(x, x, mapped)).hasMessage("kernel: F32[3] is read-only");
        }
    }

    @Test
    void memory_that_is_gone_is_not_read() {
        Tensor gone;
        try (Arena arena = Arena.ofConfined()) {
            gone = Tensor.of(arena, Shape.of(3), 1f, 2f, 3f);
        }
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(3));
            assertThatThrownBy(() -> ElementwiseCpu.KERNEL.scale(gone, 2, y))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("kernel: a tensor is used after its lifetime ended");
        }
    }
}
