package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.PtxException;
import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// One `wgmma` of matrices in any layout, against a product written out.
final class WgmmaTest {

    private static final int M = 64;
    private static final int K = 16;
    private static final int START_OF_B = 16384;
    private static final int BYTES = 65536;

    private static final String TEXT = """
            .version 8.0
            .target sm_90a
            .address_size 64
            .extern .shared .align 1024 .b8 smem[];
            .visible .entry one(
            .param .u64 image, .param .u64 registers, .param .u64 out, .param .u64 a, .param .u64 b, .param .u32 adds
            )
            {
            .reg .pred %p<8>;
            .reg .b32 %r<16>;
            .reg .b32 %a<4>;
            .reg .f32 %d<COUNT>;
            .reg .b64 %q<16>;
            ld.param.u64 %q0, [image];
            ld.param.u64 %q1, [registers];
            ld.param.u64 %q2, [out];
            ld.param.u64 %q3, [a];
            ld.param.u64 %q4, [b];
            ld.param.u32 %r0, [adds];
            setp.ne.u32 %p0, %r0, 0;
            mov.u32 %r1, %tid.x;
            mul.wide.u32 %q5, %r1, 16;
            add.u64 %q0, %q0, %q5;
            add.u64 %q1, %q1, %q5;
            cvt.u32.u64 %r2, %q5;
            COPY:
            ld.global.v4.b32 {%r4, %r5, %r6, %r7}, [%q0];
            st.shared.v4.b32 [%r2], {%r4, %r5, %r6, %r7};
            add.u64 %q0, %q0, 2048;
            add.u32 %r2, %r2, 2048;
            setp.lt.u32 %p1, %r2, 65536;
            @%p1 bra COPY;
            ld.global.v4.b32 {%a0, %a1, %a2, %a3}, [%q1];
            mul.wide.u32 %q5, %r1, SIZE;
            add.u64 %q2, %q2, %q5;
            ONES
            fence.proxy.async;
            bar.sync 0;
            wgmma.fence.sync.aligned;
            PRODUCT
            wgmma.commit_group.sync.aligned;
            wgmma.wait_group.sync.aligned 0;
            STORES
            ret;
            }
            """;

    private final SplittableRandom random = new SplittableRandom(11);
    private final float[][] a = matrix(M);

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 72, 136, 248, 256})
    void any_number_of_columns(int n) {
        check(n, Canonical.dense(128, false, 0, M), Canonical.dense(128, false, START_OF_B, n), "1, 1");
    }

    @ParameterizedTest
    @CsvSource({
        " 16, false,  16, false",
        " 32, false,  64, false",
        " 64, false,  32, false",
        "128, true,  128, false",
        "128, false, 128, true",
        " 64, true,   64, true",
        " 32, true,   32, true",
        " 16, true,   16, true"
    })
    void any_layout(int widthA, boolean isAFirst, int widthB, boolean isBFirst) {
        int n = 128;
        check(n, Canonical.dense(widthA, isAFirst, 0, M), Canonical.dense(widthB, isBFirst, START_OF_B, n), "1, 1");
    }

    /// A tile of 64 along k of which the second step of 16 is taken, as kernels walk through a tile.
    @Test
    void a_step_within_a_tile() {
        Canonical second = new Canonical(128, false, 32, 16, 1024);
        check(64, second, new Canonical(128, true, START_OF_B + 2048, 8192, 1024), "1, 1");
    }

    @Test
    void either_matrix_may_be_negated() {
        Canonical inA = Canonical.dense(128, false, 0, M);
        check(16, inA, Canonical.dense(128, false, START_OF_B, 16), "-1, 1");
        check(16, inA, Canonical.dense(128, false, START_OF_B, 16), "1, -1");
        check(16, inA, Canonical.dense(128, false, START_OF_B, 16), "-1, -1");
    }

    @Test
    void the_first_matrix_may_be_in_registers() {
        Canonical inB = Canonical.dense(128, true, START_OF_B, 64);
        float[][] b = matrix(64);
        Canonical[] in = {inB, inB};
        byte[] image = new byte[BYTES];
        put(image, b, inB);
        String text = ", {%a0, %a1, %a2, %a3}, %q4, %p0, 1, 1, 1;";
        assertProduct(run(64, text, image, in, true), 64, b, 1, true);
        String negated = ", {%a0, %a1, %a2, %a3}, %q4, !%p0, -1, 1, 1;";
        assertProduct(run(64, negated, image, in, true), 64, b, -1, false);
    }

    /// The sum is aligned to its largest term and keeps 25 bits below it, all of k at once.
    @Test
    void sums_are_cut_off_like_those_of_mma() {
        for (float[] row : a) Arrays.fill(row, 0);
        float[][] b = new float[8][K];
        for (float[] column : b) column[0] = column[1] = -1;
        a[0][0] = a[0][1] = 0x1p-25f;
        a[1][0] = 0x1p-26f;
        Canonical inA = Canonical.dense(128, false, 0, M);
        Canonical inB = Canonical.dense(128, false, START_OF_B, 8);
        float[] d = run(8, ", %q3, %q4, %p0, 1, 1, 0, 0;", image(inA, b, inB), new Canonical[] {inA, inB}, true);
        assertThat(d[0]).isEqualTo(1 - 0x1p-24f);
        assertThat(d[4 * 4]).isEqualTo(1f);
    }

    @Test
    void what_is_no_such_product_is_refused() {
        Canonical c = Canonical.dense(128, false, 0, M);
        Canonical[] in = {c, c};
        byte[] image = new byte[BYTES];
        assertThatThrownBy(() -> run(8, ", %q3, %q4, %p0, 2, 1, 0, 0;", image, in, true))
                .isInstanceOf(PtxException.class)
                .hasMessageContaining("operand 4 is 2, expected 1 or -1");
        assertThatThrownBy(() -> run(8, ", %q3, %q4, 1, 1, 1, 0, 0;", image, in, true))
                .hasMessageContaining("adds is 1, expected a predicate");
        assertThatThrownBy(() -> run(12, ", %q3, %q4, %p0, 1, 1, 0, 0;", image, in, true))
                .hasMessageContaining(".m64n12k16, expected m64nNk16 with N a multiple of 8 up to 256");
    }

    @Test
    void shared_memory_belongs_to_a_product_until_it_was_waited_for() {
        String product = ", %q3, %q4, %p0, 1, 1, 0, 0;";
        assertFault(product + " st.shared.u32 [%r2+-65536], %r1;")
                .hasMessageContaining("race: writes 4 bytes of shared memory at 0x")
                .hasMessageContaining(" that wgmma of warps 0 to 3 reads, expected a wait for it by who started it, and"
                        + " a barrier or an mbarrier after that if it is another thread");
        assertFault("fence.proxy.async;", "", product)
                .hasMessageContaining("thread 31: an engine reads 4 bytes of shared memory at 0x0 that thread 0 wrote,"
                        + " expected fence.proxy.async by whoever wrote, and a barrier after it if that is another"
                        + " thread");
        assertFault("bar.sync 0;", "", product)
                .hasMessageContaining("race: reads 4 bytes of shared memory at 0x")
                .hasMessageContaining("wrote, expected");
    }

    @Test
    void registers_belong_to_a_product_until_it_was_waited_for() {
        String product = ", {%a0, %a1, %a2, %a3}, %q4, %p0, 1, 1, 0;";
        assertFault(product + " mov.b32 %r9, %d3;")
                .hasMessageContaining("mov.b32 uses an accumulator of the wgmma in PTX line");
        assertFault(product + " mov.b32 %a2, 0;")
                .hasMessageContaining("mov.b32 uses a part of A of the wgmma in PTX line");
        String other = " wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%a0, %a1, %a2, %a3}";
        assertFault(product + other + ", %q3, %q4, %p0, 1, 1, 0, 0;")
                .hasMessageContaining("wgmma.mma_async uses a register of the wgmma in PTX line")
                .hasMessageContaining(
                        ", which is under way, in another way, expected wgmma.wait_group between the two");
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertFault(String product) {
        return assertFault("", "", product);
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertFault(String part, String by, String product) {
        Canonical inA = Canonical.dense(128, false, 0, M);
        Canonical inB = Canonical.dense(128, false, START_OF_B, 8);
        String text = text(8, product).replace(part, by);
        return assertThatThrownBy(() -> run(text, 8, new byte[BYTES], new Canonical[] {inA, inB}, true))
                .isInstanceOf(Fault.class);
    }

    private void check(int n, Canonical inA, Canonical inB, String signs) {
        float[][] b = matrix(n);
        byte[] image = image(inA, b, inB);
        Canonical[] in = {inA, inB};
        String text =
                ", %%q3, %%q4, %%p0, %s, %d, %d;".formatted(signs, inA.isRowFirst() ? 1 : 0, inB.isRowFirst() ? 1 : 0);
        int sign = signs.chars().filter(c -> c == '-').count() == 1 ? -1 : 1;
        assertProduct(run(n, text, image, in, true), n, b, sign, true);
        assertProduct(run(n, text, image, in, false), n, b, sign, false);
    }

    private byte[] image(Canonical inA, float[][] b, Canonical inB) {
        byte[] image = new byte[BYTES];
        put(image, a, inA);
        put(image, b, inB);
        return image;
    }

    private void assertProduct(float[] d, int n, float[][] b, int sign, boolean adds) {
        float[] expected = new float[d.length];
        for (int thread = 0; thread < 128; thread++) {
            for (int i = 0; i < n / 2; i++) {
                int row = thread / 32 * 16 + thread % 32 / 4 + (i % 4 >= 2 ? 8 : 0);
                int column = i / 4 * 8 + thread % 4 * 2 + i % 2;
                float sum = adds ? 1 : 0;
                for (int k = 0; k < K; k++) sum += sign * a[row][k] * b[column][k];
                expected[thread * (n / 2) + i] = sum;
            }
        }
        assertThat(d).containsExactly(expected);
    }

    /// @param in where A and B lie
    private float[] run(int n, String operands, byte[] image, Canonical[] in, boolean adds) {
        return run(text(n, operands), n, image, in, adds);
    }

    private float[] run(String text, int n, byte[] image, Canonical[] in, boolean adds) {
        PtxModule module = PtxModule.parse("one.ptx", text);
        try (Simulator gpu = new Simulator(Options.defaults().withCapability(90), _ -> module)) {
            long from = gpu.allocate(image.length);
            gpu.upload(MemorySegment.ofArray(image), from);
            int[] registers = registers();
            long inRegisters = gpu.allocate(4L * registers.length);
            gpu.upload(MemorySegment.ofArray(registers), inRegisters);
            long out = gpu.allocate(4L * M * n);
            gpu.launch(
                    new Kernel("one", "one"),
                    new Grid(1, 1, 1, 128, BYTES),
                    from,
                    inRegisters,
                    out,
                    in[0].descriptor(),
                    in[1].descriptor(),
                    adds ? 1 : 0);
            float[] d = new float[M * n];
            gpu.download(out, MemorySegment.ofArray(d));
            return d;
        }
    }

    private static String text(int n, String operands) {
        String d = IntStream.range(0, n / 2).mapToObj(i -> "%d" + i).collect(Collectors.joining(", ", "{", "}"));
        return TEXT.replace("COUNT", "" + n / 2)
                .replace("SIZE", "" + 2 * n)
                .replace("ONES", lines(n / 2, "mov.b32 %%d%d, 0f3F800000;"))
                .replace("PRODUCT", "wgmma.mma_async.sync.aligned.m64n" + n + "k16.f32.bf16.bf16 " + d + operands)
                .replace("STORES", lines(n / 2, "st.global.f32 [%%q2+%d], %%d%d;"));
    }

    private static String lines(int n, String line) {
        return IntStream.range(0, n)
                .mapToObj(i -> line.contains("+") ? line.formatted(4 * i, i) : line.formatted(i))
                .collect(Collectors.joining("\n"));
    }

    /// A as `mma.m16n8k16` wants it: pairs of a row along k.
    private int[] registers() {
        int[] registers = new int[4 * 128];
        for (int thread = 0; thread < 128; thread++) {
            for (int i = 0; i < 4; i++) {
                int row = thread / 32 * 16 + thread % 32 / 4 + 8 * (i % 2);
                int k = thread % 4 * 2 + 8 * (i / 2);
                registers[4 * thread + i] = bits(a[row][k]) | (bits(a[row][k + 1]) << 16);
            }
        }
        return registers;
    }

    private static void put(byte[] image, float[][] rows, Canonical in) {
        for (int row = 0; row < rows.length; row++) {
            for (int k = 0; k < K; k++) {
                int bits = bits(rows[row][k]);
                image[in.address(row, k)] = (byte) bits;
                image[in.address(row, k) + 1] = (byte) (bits >> 8);
            }
        }
    }

    private static int bits(float bf16) {
        return Float.floatToRawIntBits(bf16) >>> 16;
    }

    private float[][] matrix(int rows) {
        float[][] rowsOfK = new float[rows][K];
        for (float[] row : rowsOfK) for (int k = 0; k < K; k++) row[k] = random.nextInt(-9, 10);
        return rowsOfK;
    }
}
