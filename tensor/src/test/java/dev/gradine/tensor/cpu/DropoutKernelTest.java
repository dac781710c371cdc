package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DropoutKernelTest {

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes().filter(n -> n > 1), IntStream.of(20_001));
    }

    @Test
    void the_hash_is_splitmix64() {
        SplittableRandom rng = new SplittableRandom(42); // its gamma for a given seed is the golden one
        for (int i = 0; i < 100; i++) {
            long next = DropoutCpu.hash(42, i);
            assertThat(next).isBetween(0L, 0xffffffffL);
            assertThat(next).isEqualTo(rng.nextLong() >>> 32);
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void keeps_by_hash_and_scales_what_is_kept(int n) {
        float[] x = Cases.wide(1, n);
        x[0] = 2;
        x[1] = 3;
        float p = 0.3f;
        try (Tensors t = new Tensors()) {
            Tensor y = t.of(x); // in place
            DropoutCpu.KERNEL.apply(y, p, 7, y);
            double[] expected = IntStream.range(0, n)
                    .mapToDouble(i -> DropoutCpu.hash(7, i) / 0x1p32 >= p ? x[i] / (1 - (double) p) : 0)
                    .toArray();
            Teeth.bite(t.values(y), got -> Tolerance.elementwise(2).check("y", got, expected));
        }
    }

    @Test
    void vectors_draw_what_the_scalar_hash_draws_bit_for_bit() {
        int n = 5_003;
        float[] x = Cases.plain(3, n, 2);
        for (long seed : new long[] {0, 1, -1, Long.MIN_VALUE, 0x123456789abcdefL}) {
            for (float p : new float[] {0, 0.1f, 0.5f, Math.nextDown(1f)}) {
                try (Tensors t = new Tensors()) {
                    Tensor y = t.unwritten(Shape.of(n));
                    DropoutCpu.KERNEL.apply(t.of(x), p, seed, y);
                    float[] expected = new float[n];
                    for (int i = 0; i < n; i++) {
                        if (DropoutCpu.hash(seed, i) >= Math.ceil(p * 0x1p32)) expected[i] = x[i] / (1 - p);
                    }
                    assertThat(t.values(y)).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void keeps_a_share_of_one_minus_p() {
        int n = 100_000;
        float[] ones = new float[n];
        java.util.Arrays.fill(ones, 1);
        for (float p : new float[] {0, 0.1f, 0.5f, 0.9f}) {
            try (Tensors t = new Tensors()) {
                Tensor y = t.unwritten(Shape.of(n));
                DropoutCpu.KERNEL.apply(t.of(ones), p, 11, y);
                double kept = 0;
                for (float v : t.values(y)) if (v != 0) kept++;
                double sigma = Math.sqrt(n * p * (1 - p));
                assertThat(Math.abs(kept - n * (1.0 - p))).isLessThanOrEqualTo(4 * sigma);
            }
        }
    }
}
