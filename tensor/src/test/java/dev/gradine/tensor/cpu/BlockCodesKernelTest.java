package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.BlockCodesKernel.CodeMap;
import dev.gradine.testkit.Cases;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Oracle: every number of a map is tried, in double.
class BlockCodesKernelTest {

    private static final int BLOCK = 256;

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes(), IntStream.of(255, 256, 257, 40_001));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void each_value_takes_the_code_whose_number_is_nearest(int n) {
        for (CodeMap map : CodeMap.values()) check(map, values(map, n));
    }

    private static float[] values(CodeMap map, int n) {
        float[] x = Cases.plain(3, n, 2);
        for (int i = 0; i < n; i++) {
            x[i] *= (float) Math.pow(10, i % 7 - 5); // small numbers of a map, too
            if (map == CodeMap.UNSIGNED) x[i] = Math.abs(x[i]);
        }
        return x;
    }

    private static void check(CodeMap map, float[] x) {
        int n = x.length;
        float[] table = map.table();
        try (Arena arena = Arena.ofShared()) {
            Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(n));
            Tensor absmax = Tensor.zeros(arena, DType.F32, Shape.of(Math.ceilDiv(n, BLOCK)));
            Tensor back = Tensor.zeros(arena, DType.F32, Shape.of(n));
            BlockCodesCpu.KERNEL.encode(Tensor.of(arena, Shape.of(n), x), map, codes, absmax);
            BlockCodesCpu.KERNEL.decode(codes, absmax, map, back);
            for (int i = 0; i < n; i++) {
                float most = 0;
                int first = i / BLOCK * BLOCK;
                for (int j = first; j < Math.min(n, first + BLOCK); j++) most = Math.max(most, Math.abs(x[j]));
                assertThat(absmax.toFloats()[i / BLOCK]).isEqualTo(most);
                int code = codes.data().get(ValueLayout.JAVA_BYTE, i) & 0xff;
                double scaled = most == 0 ? 0 : x[i] / (double) most;
                double got = Math.abs(table[code] - scaled);
                if (most > 0) assertThat(got).as("value " + i).isLessThanOrEqualTo(nearest(table, scaled) + 1e-7);
                assertThat(back.toFloats()[i]).isEqualTo(table[code] * most);
            }
        }
    }

    private static double nearest(float[] table, double x) {
        double least = Double.POSITIVE_INFINITY;
        for (float number : table) least = Math.min(least, Math.abs(number - x));
        return least;
    }

    @ParameterizedTest
    @EnumSource
    void a_map_ascends_to_one_and_has_zero(CodeMap map) {
        assertThat(map.table()).hasSize(256).isSorted().doesNotHaveDuplicates().contains(0f);
        assertThat(map.table()[255]).isEqualTo(1);
        assertThat(map.table()[0]).isEqualTo(map == CodeMap.SIGNED ? -0.99296874f : 0);
    }

    @Test
    void a_block_of_zeros_is_codes_of_zero_and_stays_zero() {
        try (Arena arena = Arena.ofShared()) {
            Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(3));
            codes.data().fill((byte) 9);
            Tensor absmax = Tensor.zeros(arena, DType.F32, Shape.of(1));
            BlockCodesCpu.KERNEL.encode(Tensor.of(arena, Shape.of(3), 0, -0f, 0), CodeMap.SIGNED, codes, absmax);
            assertThat(codes.data().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
            Tensor back = Tensor.of(arena, Shape.of(3), 1f, 1f, 1f);
            BlockCodesCpu.KERNEL.decode(codes, absmax, CodeMap.SIGNED, back);
            for (float zero : back.toFloats()) assertThat(zero == 0).isTrue(); // of either sign
        }
    }

    @Test
    void a_magnitude_too_few_is_refused() {
        try (Arena arena = Arena.ofShared()) {
            Tensor x = Tensor.zeros(arena, DType.F32, Shape.of(257));
            Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(257));
            Tensor absmax = Tensor.zeros(arena, DType.F32, Shape.of(1));
            assertThatThrownBy(() -> BlockCodesCpu.KERNEL.encode(x, CodeMap.SIGNED, codes, absmax))
                    .isInstanceOf(ShapeException.class)
                    .hasMessageContaining("block_codes: absmax is");
        }
    }
}
