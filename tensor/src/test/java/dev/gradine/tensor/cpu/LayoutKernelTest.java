package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LayoutKernel;
import dev.gradine.tensor.kernel.Strides;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayoutKernelTest {

    private static final LayoutKernel KERNEL = LayoutCpu.KERNEL;

    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
    }

    /// A tensor whose bytes count up.
    private Tensor counting(DType type, int... dims) {
        Tensor t = Tensor.zeros(arena, type, Shape.of(dims));
        for (long i = 0; i < t.bytes(); i++) t.data().set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7));
        return t;
    }

    private static byte[] bytes(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_BYTE);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "I64", "I32", "I8", "U8"})
    void six_axes_are_permuted_in_every_plain_type(DType type) {
        int[] dims = {2, 3, 2, 4, 3, 5};
        List<Integer> order = List.of(5, 3, 1, 0, 2, 4);
        Tensor x = counting(type, dims);
        Tensor y = Tensor.zeros(
                arena, type, Shape.of(order.stream().mapToInt(a -> dims[a]).toArray()));
        KERNEL.permute(x, order, y);
        byte[] in = bytes(x);
        byte[] out = bytes(y);
        int width = type.blockBytes();
        int[] at = new int[6]; // index in x
        for (int i = 0; i < x.size(); i++) {
            int place = 0;
            for (int axis = 0; axis < 6; axis++) place = place * dims[order.get(axis)] + at[order.get(axis)];
            for (int b = 0; b < width; b++) assertThat(out[place * width + b]).isEqualTo(in[i * width + b]);
            for (int axis = 5; axis >= 0 && ++at[axis] == dims[axis]; axis--) at[axis] = 0;
        }
    }

    @Test
    void a_block_of_columns_leaves_the_others_as_they_are() {
        Tensor x = Tensor.of(arena, Shape.of(2, 4), 1f, 2, 3, 4, 5, 6, 7, 8);
        Tensor y = Tensor.of(arena, Shape.of(2, 3), -1f, -2, -3, -4, -5, -6);
        Strides from = Strides.of(x.shape()).from(1, 2);
        KERNEL.copy(Shape.of(2, 2), x, from, y, Strides.of(y.shape()).from(1, 1));
        assertThat(y.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(-1, 3, 4, -4, 7, 8);
    }

    @Test
    void a_distance_of_0_repeats_a_value() {
        Tensor y = Tensor.zeros(arena, DType.F32, Shape.of(2, 3));
        Tensor x = Tensor.of(arena, Shape.of(2), 1f, 2);
        KERNEL.copy(y.shape(), x, new Strides(0, List.of(1, 0)), y, Strides.of(y.shape()));
        assertThat(y.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 1, 1, 2, 2, 2);
    }

    @Test
    void a_single_number_and_nothing_are_copied_too() {
        Tensor y = Tensor.zeros(arena, DType.F32, Shape.SCALAR);
        KERNEL.permute(Tensor.of(arena, Shape.SCALAR, 5f), List.of(), y);
        assertThat(y.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(5);
        Tensor none = Tensor.zeros(arena, DType.F32, Shape.of(0, 3));
        KERNEL.permute(none, List.of(1, 0), Tensor.zeros(arena, DType.F32, Shape.of(3, 0)));
    }

    @Test
    void rows_are_put_where_the_ids_say() {
        Tensor y = Tensor.zeros(arena, DType.F32, Shape.of(3, 2));
        Tensor x = Tensor.of(arena, Shape.of(2, 2), 1f, 2, 3, 4);
        KERNEL.putRows(Tensor.of(arena, Shape.of(2), 2, 0), x, y);
        assertThat(y.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(3, 4, 0, 0, 1, 2);
        assertThatThrownBy(() -> KERNEL.putRows(Tensor.of(arena, Shape.of(2), 0, 3), x, y))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("put_rows: value 1 of ids is 3, expected 0 to 2");
    }

    @Test
    void refuses_places_outside_and_types_of_blocks() {
        Tensor x = Tensor.zeros(arena, DType.F32, Shape.of(2, 3));
        Strides whole = Strides.of(x.shape());
        assertThatThrownBy(() -> KERNEL.copy(Shape.of(2, 3), x, whole, x, whole.from(1, 1)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("layout: y is F32[2, 3], expected room for [2, 3] at 1 + [3, 1]");
        Tensor q = Tensor.zeros(arena, DType.Q8_0, Shape.of(32));
        assertThatThrownBy(() -> KERNEL.permute(q, List.of(0), q))
                .isInstanceOf(DTypeException.class)
                .hasMessage("layout: x is Q8_0, expected a type without blocks");
        assertThatThrownBy(() -> new Strides(-1, List.of(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("strides: -1 + [1], expected none below 0");
    }
}
