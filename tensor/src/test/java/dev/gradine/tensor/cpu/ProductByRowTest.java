package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A row of a product by rows has the bits that it has alone, for every type of weight.
class ProductByRowTest {

    private static final int N = 70; // several parts, and rows of the weight beyond the last four

    static Stream<DType> types() {
        return Stream.of(DType.values()).filter(DType::isReal);
    }

    @ParameterizedTest
    @MethodSource("types")
    void a_row_among_others_is_the_row_alone(DType dtype) {
        RandomOperands operands = new RandomOperands(5);
        int k = Math.max(96, 2 * dtype.blockSize());
        try (Arena arena = Arena.ofShared()) {
            Tensor a = operands.of(arena, DType.F32, Shape.of(33, k));
            Tensor b = operands.of(arena, dtype, Shape.of(N, k));
            float[] alone = new float[33 * N];
            for (int i = 0; i < 33; i++) {
                Tensor row = Tensor.zeros(arena, DType.F32, Shape.of(1, N));
                MatMulCpu.KERNEL.nt(a.rows(i, i + 1), b, 0.7f, false, row);
                System.arraycopy(row.data().toArray(ValueLayout.JAVA_FLOAT), 0, alone, i * N, N);
            }
            for (int m : new int[] {1, 2, 3, 4, 5, 17, 33}) {
                Tensor c = Tensor.zeros(arena, DType.F32, Shape.of(m, N));
                MatMulCpu.BY_ROW.nt(a.rows(0, m), b, 0.7f, false, c);
                assertThat(c.data().toArray(ValueLayout.JAVA_FLOAT))
                        .as("%d rows", m)
                        .containsExactly(Arrays.copyOf(alone, m * N));
            }
        }
    }
}
