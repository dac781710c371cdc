package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.MatMulReference.Form;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MatMulTest {

    private static final int[] SIZES = {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 129};

    private final Random random = new Random(7);

    @ParameterizedTest
    @EnumSource(Form.class)
    void product_is_the_formula_at_odd_sizes(Form form) {
        for (int i = 0; i < 400; i++) {
            check(form, DType.F32, pick(), pick(), pick(), i % 3 == 0 ? 1f : 0.37f, i % 2 == 0);
        }
    }

    @ParameterizedTest
    @MethodSource("weights")
    void weights_of_every_type_are_decoded_on_the_way(Form form, DType dtype) {
        int block = dtype.blockSize();
        for (int i = 0; i < 60; i++) {
            int n = form == Form.NN ? pick() * block : pick();
            int k = form == Form.NT ? pick() * block : pick();
            check(form, dtype, pick(), Math.min(n, 256), Math.min(k, 512), i % 3 == 0 ? 1f : -2f, i % 2 == 0);
        }
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> weights() {
        return Stream.of(Form.NT, Form.NN)
                .flatMap(f -> Stream.of(DType.values())
                        .filter(DType::isReal)
                        .map(t -> org.junit.jupiter.params.provider.Arguments.of(f, t)));
    }

    private int pick() {
        return SIZES[random.nextInt(SIZES.length)];
    }

    private void check(Form form, DType dtype, int m, int n, int k, float alpha, boolean accumulate) {
        try (Arena arena = Arena.ofShared()) {
            Tensor a = random(arena, DType.F32, form == Form.TN ? Shape.of(k, m) : Shape.of(m, k));
            Tensor b = random(arena, dtype, form == Form.NT ? Shape.of(n, k) : Shape.of(k, n));
            Tensor c = random(arena, DType.F32, Shape.of(m, n));
            float[] old = c.data().toArray(ValueLayout.JAVA_FLOAT);
            if (!accumulate) c.data().fill((byte) 0xff);
            MatMulReference expected = new MatMulReference(form, a, b, alpha, accumulate ? old : null, m, n, k);
            multiply(form, a, b, alpha, accumulate, c);
            assertClose(c, expected, "%s %s m=%d n=%d k=%d".formatted(form, dtype, m, n, k));
        }
    }

    private static void multiply(Form form, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        MatMulKernel kernel = MatMulCpu.KERNEL;
        switch (form) {
            case NT -> kernel.nt(a, b, alpha, accumulate, c);
            case NN -> kernel.nn(a, b, alpha, accumulate, c);
            case TN -> kernel.tn(a, b, alpha, accumulate, c);
        }
    }

    private static void assertClose(Tensor c, MatMulReference expected, String what) {
        float[] got = c.data().toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < got.length; i++) {
            if (!(Math.abs(got[i] - expected.value[i]) <= expected.tolerance(i))) {
                throw new AssertionError("%s: value %d is %s, expected %s ± %s"
                        .formatted(what, i, got[i], expected.value[i], expected.tolerance(i)));
            }
        }
    }

    private Tensor random(Arena arena, DType dtype, Shape shape) {
        Tensor t = Tensor.zeros(arena, dtype, shape);
        MemorySegment d = t.data();
        switch (dtype) {
            case F32 -> {
                for (int i = 0; i < t.size(); i++) d.setAtIndex(ValueLayout.JAVA_FLOAT, i, value());
            }
            case F16 -> {
                for (int i = 0; i < t.size(); i++) half(d, 2L * i, value());
            }
            case BF16 -> {
                for (int i = 0; i < t.size(); i++) d.setAtIndex(ValueLayout.JAVA_SHORT, i, Decode.toBf16(value()));
            }
            default -> {
                for (long i = 0; i < d.byteSize(); i++) d.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
                for (long i = 0; i < d.byteSize(); i += dtype.blockBytes()) {
                    half(d, i, value() / 16);
                    if (dtype == DType.Q4_1) half(d, i + 2, value());
                }
            }
        }
        return t;
    }

    private float value() {
        return random.nextFloat(-1, 1);
    }

    private static void half(MemorySegment d, long at, float x) {
        d.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(x));
    }

    @Test
    void formula_of_two_by_two() {
        try (Arena arena = Arena.ofShared()) {
            Tensor a = Tensor.of(arena, Shape.of(2, 2), 1f, 2f, 3f, 4f);
            Tensor b = Tensor.of(arena, Shape.of(2, 2), 5f, 6f, 7f, 8f);
            Tensor c = Tensor.zeros(arena, DType.F32, Shape.of(2, 2));
            multiply(Form.NT, a, b, 1, false, c);
            assertThat(c.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(17, 23, 39, 53);
            multiply(Form.NN, a, b, 1, false, c);
            assertThat(c.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(19, 22, 43, 50);
            multiply(Form.TN, a, b, 1, false, c);
            assertThat(c.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(26, 30, 38, 44);
        }
    }
}
