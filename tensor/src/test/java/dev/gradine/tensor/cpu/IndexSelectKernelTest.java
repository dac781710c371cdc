package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IndexSelectKernelTest {

    private static final int ROWS = 11;

    static IntStream sizes() {
        return Cases.sizes();
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void forward_copies_the_named_rows(int c) {
        int[] ids = Cases.indices(1, 40, ROWS);
        float[] table = Cases.wide(2, ROWS * c);
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(ids.length, c));
            IndexSelectCpu.KERNEL.forward(t.ints(ids), t.of(Shape.of(ROWS, c), table), y);
            double[] expected = IntStream.range(0, ids.length * c)
                    .mapToDouble(i -> table[ids[i / c] * c + i % c])
                    .toArray();
            Teeth.bite(t.values(y), got -> Tolerance.exact().check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void backward_adds_every_row_into_its_own(int c) {
        int[] ids = Cases.indices(1, 40, ROWS);
        float[] dy = Cases.plain(2, ids.length * c, 1);
        float[] before = Cases.plain(3, ROWS * c, 1);
        try (Tensors t = new Tensors()) {
            Tensor dTable = t.of(Shape.of(ROWS, c), before);
            IndexSelectCpu.KERNEL.backward(t.ints(ids), t.of(Shape.of(ids.length, c), dy), dTable);
            double[] expected = Cases.doubles(before);
            for (int i = 0; i < dy.length; i++) expected[ids[i / c] * c + i % c] += dy[i];
            Teeth.bite(t.values(dTable), got -> Tolerance.sum(40, 1).check("dTable", got, expected));
        }
    }

    @Test
    void a_table_of_any_real_type_is_decoded() {
        try (Arena arena = Arena.ofConfined();
                Tensors t = new Tensors()) {
            Tensor half = Tensor.zeros(arena, DType.F16, Shape.of(3, 5));
            Tensor brain = Tensor.zeros(arena, DType.BF16, Shape.of(3, 5));
            for (int i = 0; i < 15; i++) {
                half.data().setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(i * 0.5f));
                brain.data().setAtIndex(ValueLayout.JAVA_SHORT, i, Decode.toBf16(i * 0.5f));
            }
            double[] expected = {5, 5.5, 6, 6.5, 7, 0, 0.5, 1, 1.5, 2};
            Tensor y = t.unwritten(Shape.of(2, 5));
            IndexSelectCpu.KERNEL.forward(t.ints(2, 0), half, y);
            Tolerance.exact().check("f16", t.values(y), expected);
            IndexSelectCpu.KERNEL.forward(t.ints(2, 0), brain, y);
            Tolerance.exact().check("bf16", t.values(y), expected);
            Tensor coded =
                    Quantise.quantise(Tensor.of(arena, Shape.of(3, 5), new float[15]), DType.NF4, 32, true, arena);
            IndexSelectCpu.KERNEL.forward(t.ints(2, 0), coded, y);
            Tolerance.exact().check("nf4", t.values(y), new double[10]);
        }
    }
}
