package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.LANES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Gemm.Form;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.testkit.Cases;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatMulTest {

    private static final int[] SIZES = {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 129};

    private record Size(int m, int n, int k) {}

    private final Random random = new Random(7);
    private final RandomOperands operands = new RandomOperands(8);

    @ParameterizedTest
    @EnumSource(Form.class)
    void product_is_the_formula_at_odd_sizes(Form form) {
        for (int i = 0; i < 400; i++) {
            check(form, DType.F32, new Size(pick(), pick(), pick()), i % 3 == 0 ? 1f : 0.37f, i % 2 == 0);
        }
    }

    /// Blocks of rows, stages of columns and of K, parts on several threads, products computed transposed.
    @ParameterizedTest
    @EnumSource(Form.class)
    void product_is_the_formula_at_sizes_of_many_blocks(Form form) {
        for (boolean accumulate : new boolean[] {false, true}) {
            check(form, DType.F32, new Size(600, 9, 300), 1, accumulate);
            check(form, DType.F32, new Size(9, 600, 300), 0.5f, accumulate);
            check(form, DType.F32, new Size(20, 640, 900), 1, accumulate);
            check(form, DType.F32, new Size(1, 4096, 97), 1, accumulate);
            check(form, DType.F32, new Size(4096, 1, 97), 1, accumulate);
            check(form, DType.F32, new Size(250, 16, 1000), 1, accumulate);
            check(form, DType.F32, new Size(197, 701, 1750), 1, accumulate);
        }
    }

    /// Many rows, of which one operand has few columns: in parts, each with sums of its own.
    @Test
    void a_tall_product_is_the_formula() {
        for (boolean accumulate : new boolean[] {false, true}) {
            check(Form.TN, DType.F32, new Size(16, 64, 256), 1, accumulate);
            check(Form.TN, DType.F32, new Size(96, 7, 1000), 0.5f, accumulate);
            check(Form.TN, DType.F32, new Size(64, 576, 391), 2, accumulate);
            check(Form.TN, DType.F32, new Size(48, 17, 511), 1, accumulate);
            check(Form.TN, DType.F32, new Size(1, 16, 257), 1, accumulate);
        }
    }

    @Test
    void a_tall_product_does_not_depend_on_the_threads() {
        try (Kernels k = CpuKernels.open()) {
            Tensor u = k.of(Shape.of(700, 16), Cases.plain(1, 700 * 16, 1));
            Tensor x = k.of(Shape.of(700, 96), Cases.plain(2, 700 * 96, 1));
            Tensor together = k.empty(Shape.of(16, 96));
            Tensor alone = k.empty(Shape.of(16, 96));
            k.matMul().tn(u, x, 0.3f, false, together);
            CpuKernels.onOneThread(() -> k.matMul().tn(u, x, 0.3f, false, alone));
            assertThat(k.download(together)).isEqualTo(k.download(alone));
        }
    }

    @ParameterizedTest
    @MethodSource("weights")
    void weights_of_every_type_are_decoded_on_the_way(Form form, DType dtype) {
        int block = dtype.blockSize();
        for (int i = 0; i < 60; i++) {
            int n = form == Form.NN ? pick() * block : pick();
            int k = form == Form.NT ? pick() * block : pick();
            check(form, dtype, new Size(pick(), Math.min(n, 256), Math.min(k, 768)), i % 3 == 0 ? 1f : -2f, i % 2 == 0);
        }
    }

    static Stream<Arguments> weights() {
        return Stream.of(Form.NT, Form.NN)
                .flatMap(f -> Stream.of(DType.values()).filter(DType::isReal).map(t -> Arguments.of(f, t)));
    }

    private int pick() {
        return SIZES[random.nextInt(SIZES.length)];
    }

    private void check(Form form, DType dtype, Size size, float alpha, boolean accumulate) {
        int m = size.m();
        int n = size.n();
        int k = size.k();
        try (Arena arena = Arena.ofShared()) {
            Tensor a = operands.of(arena, DType.F32, form == Form.TN ? Shape.of(k, m) : Shape.of(m, k));
            Tensor b = operands.of(arena, dtype, form == Form.NT ? Shape.of(n, k) : Shape.of(k, n));
            Tensor c = operands.of(arena, DType.F32, Shape.of(m, n));
            float[] old = c.data().toArray(ValueLayout.JAVA_FLOAT);
            if (!accumulate) c.data().fill((byte) 0xff);
            MatMulReference expected = new MatMulReference(form, a, b, alpha, accumulate ? old : new float[old.length]);
            multiply(form, a, b, alpha, accumulate, c);
            assertClose(c, expected, "%s %s %s".formatted(form, dtype, size));
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

    @ParameterizedTest
    @EnumSource(Form.class)
    void a_planted_error_of_one_percent_or_one_sign_is_noticed(Form form) {
        try (Arena arena = Arena.ofShared()) {
            Tensor a = operands.of(arena, DType.F32, Shape.of(65, 65));
            Tensor b = operands.of(arena, DType.F32, Shape.of(65, 65));
            Tensor c = Tensor.zeros(arena, DType.F32, Shape.of(65, 65));
            MatMulReference expected = new MatMulReference(form, a, b, 1, new float[65 * 65]);
            multiply(form, a, b, 1.01f, false, c);
            assertThatThrownBy(() -> assertClose(c, expected, "planted")).hasMessageContaining("value 0 is");
            multiply(form, a, b, 1, false, c);
            c.data().setAtIndex(ValueLayout.JAVA_FLOAT, 77, -c.data().getAtIndex(ValueLayout.JAVA_FLOAT, 77));
            assertThatThrownBy(() -> assertClose(c, expected, "planted")).hasMessageContaining("value 77 is");
        }
    }

    /// More than one block of rows, of columns and of k.
    @ParameterizedTest
    @EnumSource(Form.class)
    void a_blocked_product_is_one_chain_of_fma_whatever_the_threads(Form form) {
        int m = 101;
        int n = 530;
        int k = 800;
        try (Arena arena = Arena.ofShared()) {
            Tensor a = operands.of(arena, DType.F32, form == Form.TN ? Shape.of(k, m) : Shape.of(m, k));
            Tensor b = operands.of(arena, DType.F32, form == Form.NT ? Shape.of(n, k) : Shape.of(k, n));
            Tensor serial = operands.of(arena, DType.F32, Shape.of(m, n));
            Tensor parallel = Tensor.zeros(arena, DType.F32, Shape.of(m, n));
            parallel.data().copyFrom(serial.data());
            float[] expected = chain(form, a, b, 0.37f, floats(serial));
            new Gemm(form, a, b, 0.37f, true, serial).run(false);
            new Gemm(form, a, b, 0.37f, true, parallel).run(true);
            assertThat(floats(serial)).isEqualTo(expected);
            assertThat(floats(parallel)).isEqualTo(expected);
        }
    }

    /// One and two vectors of rows, several groups, rows and columns beyond the last whole tile, several runs of K.
    @ParameterizedTest
    @ValueSource(ints = {5, 8, 16, 17, 32, 33, 48, 65, 192})
    void few_rows_are_one_chain_of_fma(int m) {
        checkChain(Form.NT, new Size(m, 37, 400));
        checkChain(Form.NT, new Size(m, 491, 700));
    }

    /// Up to two vectors of columns.
    static IntStream fewColumns() {
        return IntStream.of(1, 5, LANES / 2, LANES - 1, LANES, LANES + 1, 2 * LANES - 1, 2 * LANES)
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("fewColumns")
    void few_columns_are_one_chain_of_fma(int n) {
        for (Form form : List.of(Form.NT, Form.NN)) {
            checkChain(form, new Size(33, n, 31));
            checkChain(form, new Size(200, n, 600));
        }
    }

    private void checkChain(Form form, Size size) {
        try (Arena arena = Arena.ofShared()) {
            Tensor a = operands.of(arena, DType.F32, Shape.of(size.m, size.k));
            Tensor b = operands.of(
                    arena, DType.F32, form == Form.NT ? Shape.of(size.n, size.k) : Shape.of(size.k, size.n));
            Tensor c = operands.of(arena, DType.F32, Shape.of(size.m, size.n));
            float[] added = chain(form, a, b, 0.37f, floats(c));
            assertThat(FewRows.run(form, a, b, 0.37f, true, c)).isTrue();
            assertThat(floats(c)).as("%s %s, added", form, size).isEqualTo(added);
            assertThat(FewRows.run(form, a, b, -1, false, c)).isTrue();
            float[] alone = chain(form, a, b, -1, new float[size.m * size.n]);
            assertThat(floats(c)).as("%s %s", form, size).isEqualTo(alone);
        }
    }

    private static float[] chain(Form form, Tensor a, Tensor b, float alpha, float[] c) {
        int m = a.shape().dim(form == Form.TN ? 1 : 0);
        int k = a.shape().dim(form == Form.TN ? 0 : 1);
        int n = c.length / m;
        float[] av = floats(a);
        float[] bv = floats(b);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = c[i * n + j];
                for (int p = 0; p < k; p++) {
                    float x = alpha * av[form == Form.TN ? p * m + i : i * k + p];
                    sum = Math.fma(x, bv[form == Form.NT ? j * k + p : p * n + j], sum);
                }
                c[i * n + j] = sum;
            }
        }
        return c;
    }

    private static float[] floats(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_FLOAT);
    }

    @ParameterizedTest
    @MethodSource("weights")
    void rows_alone_give_what_they_give_together(Form form, DType dtype) {
        try (Arena arena = Arena.ofShared()) {
            Tensor a = operands.of(arena, DType.F32, Shape.of(40, 64));
            Tensor b = operands.of(arena, dtype, form == Form.NT ? Shape.of(96, 64) : Shape.of(64, 96));
            Tensor all = Tensor.zeros(arena, DType.F32, Shape.of(40, 96));
            Tensor some = Tensor.zeros(arena, DType.F32, Shape.of(7, 96));
            multiply(form, a, b, 1, false, all);
            multiply(form, a.rows(13, 20), b, 1, false, some);
            assertThat(floats(some)).isEqualTo(floats(all.rows(13, 20)));
        }
    }

    /// A vector that is not kept in a register costs 80 bytes: one such tile allocates megabytes in a call.
    @ParameterizedTest
    @MethodSource("weights")
    void a_warm_call_allocates_no_vector(Form form, DType dtype) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Arena arena = Arena.ofShared()) {
            Tensor b = operands.of(arena, dtype, form == Form.NT ? Shape.of(64, 160) : Shape.of(160, 64));
            for (int m : form == Form.NT ? new int[] {1, 4, 25} : new int[] {25}) {
                Tensor a = operands.of(arena, DType.F32, Shape.of(m, 160));
                Tensor c = Tensor.zeros(arena, DType.F32, Shape.of(m, 64));
                long least = Long.MAX_VALUE;
                long end = System.nanoTime() + 20_000_000_000L; // far beyond what compiling takes on an idle machine
                while (least > 512 && System.nanoTime() < end) {
                    long before = threads.getCurrentThreadAllocatedBytes();
                    multiply(form, a, b, 0.5f, m % 2 == 0, c);
                    least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                }
                assertThat(least).as("bytes of a call with %d rows", m).isLessThanOrEqualTo(512);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("weights")
    void a_weight_of_few_bits_multiplies_as_its_decoded_values_do(Form form, DType dtype) {
        try (Arena arena = Arena.ofShared()) {
            Tensor b = operands.of(arena, dtype, form == Form.NT ? Shape.of(96, 160) : Shape.of(160, 96));
            float[] values = new float[b.size()];
            RealValues.of(b).read(0, values.length, values, 0);
            Tensor f32 = Tensor.of(arena, b.shape(), values);
            Tensor a = operands.of(arena, DType.F32, Shape.of(40, 160));
            Tensor got = Tensor.zeros(arena, DType.F32, Shape.of(40, 96));
            Tensor expected = Tensor.zeros(arena, DType.F32, Shape.of(40, 96));
            multiply(form, a, b, 1, false, got);
            multiply(form, a, f32, 1, false, expected);
            assertThat(floats(got)).isEqualTo(floats(expected));
        }
    }

    @Test
    void decoded_halves_are_the_platforms() {
        try (Arena arena = Arena.ofShared()) {
            Tensor t = Tensor.zeros(arena, DType.F16, Shape.of(1 << 16));
            for (int i = 0; i < 1 << 16; i++) t.data().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
            float[] got = new float[1 << 16];
            Decode.toFloats(t.data(), DType.F16, 0, 1 << 16, got, 0);
            for (int i = 0; i < 1 << 16; i++) {
                assertThat(Float.floatToIntBits(got[i]))
                        .isEqualTo(Float.floatToIntBits(Float.float16ToFloat((short) i)));
            }
        }
    }

    @Test
    void shapes_and_types_that_do_not_meet_are_named() {
        try (Arena arena = Arena.ofShared()) {
            Tensor a = Tensor.zeros(arena, DType.F32, Shape.of(2, 3));
            Tensor b = Tensor.zeros(arena, DType.F32, Shape.of(4, 5));
            Tensor c = Tensor.zeros(arena, DType.F32, Shape.of(2, 4));
            assertThatThrownBy(() -> multiply(Form.NT, a, b, 1, false, c))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("matmul_nt: b is [4, 5], expected [4, 3] (a is [2, 3])");
            assertThatThrownBy(() -> multiply(Form.NN, c, b, 1, false, a))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("matmul_nn: c is [2, 3], expected [2, 5] (a is [2, 4], b is [4, 5])");
            Tensor half = Tensor.zeros(arena, DType.F16, Shape.of(2, 5));
            assertThatThrownBy(() -> multiply(Form.TN, a, half, 1, false, c))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("matmul_tn: b is F16, expected F32");
        }
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
