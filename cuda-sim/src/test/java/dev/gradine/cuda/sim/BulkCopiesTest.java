package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Boxes of tensors on their way to shared memory and back, value by value.
final class BulkCopiesTest {

    private static final int SHARED = 16384;

    /// `BODY` between the making of an mbarrier for one arrival at `%r4` and a copy of shared memory to
    /// `out`. `%p0` is false in thread 0, `%q0` is the tensor map, `%r2` the address of shared memory,
    /// `%c0` to `%c4` are coordinates.
    private static final String TEXT = """
            .version 8.0
            .target sm_90a
            .address_size 64
            .extern .shared .align 1024 .b8 smem[];
            .visible .entry box(
            .param .align 64 .b8 map[128], .param .u64 image, .param .u64 out,
            .param .u32 c0, .param .u32 c1, .param .u32 c2, .param .u32 c3, .param .u32 c4, .param .u32 bytes
            )
            {
            .reg .pred %p<8>;
            .reg .b32 %r<32>;
            .reg .b32 %c<5>;
            .reg .b64 %q<16>;
            mov.b64 %q0, map;
            cvta.param.u64 %q0, %q0;
            ld.param.u64 %q1, [image];
            ld.param.u64 %q2, [out];
            ld.param.u32 %c0, [c0];
            ld.param.u32 %c1, [c1];
            ld.param.u32 %c2, [c2];
            ld.param.u32 %c3, [c3];
            ld.param.u32 %c4, [c4];
            ld.param.u32 %r0, [bytes];
            mov.u32 %r1, %tid.x;
            mov.u32 %r2, smem;
            add.u32 %r4, %r2, 16000;
            setp.ne.u32 %p0, %r1, 0;
            @%p0 bra MADE;
            mbarrier.init.shared::cta.b64 [%r4], 1;
            MADE:
            bar.sync 0;
            BODY
            END:
            ret;
            }
            """;

    private static final String WAIT = """
            WAIT:
            mbarrier.try_wait.parity.shared::cta.b64 %p1, [%r4], 0;
            @!%p1 bra WAIT;
            """;

    private static final String OUT = """
            shl.b32 %r5, %r1, 2;
            COPY:
            setp.ge.u32 %p2, %r5, %r0;
            @%p2 bra END;
            add.u32 %r6, %r2, %r5;
            ld.shared.u32 %r7, [%r6];
            cvt.u64.u32 %q3, %r5;
            add.u64 %q3, %q3, %q2;
            st.global.u32 [%q3], %r7;
            add.u32 %r5, %r5, 128;
            bra COPY;
            """;

    private static final String IN = """
            shl.b32 %r5, %r1, 2;
            COPY:
            setp.ge.u32 %p2, %r5, %r0;
            @%p2 bra FILLED;
            cvt.u64.u32 %q3, %r5;
            add.u64 %q3, %q3, %q1;
            ld.global.u32 %r7, [%q3];
            add.u32 %r6, %r2, %r5;
            st.shared.u32 [%r6], %r7;
            add.u32 %r5, %r5, 128;
            bra COPY;
            FILLED:
            fence.proxy.async.shared::cta;
            bar.sync 0;
            @%p0 bra END;
            """;

    private static final String GROUP = "cp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;\n";

    private static String coordinates(int rank) {
        return IntStream.range(0, rank).mapToObj(i -> "%c" + i).collect(Collectors.joining(", ", "{", "}"));
    }

    private static String load(int rank) {
        return "@%p0 bra WAIT;\nmbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4], %r0;\ncp.async.bulk.tensor." + rank
                + "d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r2], [%q0, " + coordinates(rank)
                + "], [%r4];\n";
    }

    private static String store(int rank) {
        return "cp.async.bulk.tensor." + rank + "d.global.shared::cta.tile.bulk_group [%q0, " + coordinates(rank)
                + "], [%r2];\n";
    }

    private static final String SHAPES = """
            F32,    0, 100,         64,        0
            F32,    0, 100,         64,        70
            F32,    0, 100,         64,        -9
            BF16, 128, 200 40,      64 16,     64 8
            BF16, 128, 200 40,      64 32,     160 20
            BF16, 128, 99 33,       64 32,     -7 -5
            BF16, 128, 99 33,       64 32,     64 100
            BF16,  64, 99 33,       32 33,     33 1
            BF16,  32, 99 33,       16 40,     90 3
            F32,  128, 40 9,        32 8,      8 2
            BF16,   0, 99 33,       40 7,      95 30
            BF16, 128, 64 6 5,      64 3 2,    0 4 3
            F32,   64, 20 6 5 3,    16 2 3 2,  5 5 3 2
            BF16,   0, 24 3 4 3 2,  8 2 2 2 2, 3 -1 3 1 1
            """;

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void a_box_comes_with_its_pieces_permuted_and_zeros_outside(
            DType type, int swizzle, String sizes, String box, String first) {
        BoxShape s = BoxShape.of(type, swizzle, sizes, box, first);
        byte[] tensor = pattern(s.tensorBytes());
        byte[] expected = new byte[s.boxBytes()];
        for (int i = 0; i < s.boxBytes() / s.bytes(); i++) {
            if (s.inTensor(i) >= 0) System.arraycopy(tensor, s.inTensor(i), expected, s.inShared(i), s.bytes());
        }
        byte[][] memory = {tensor, new byte[4], new byte[s.boxBytes()]};
        run(load(s.sizes().size()) + WAIT + OUT, s, memory);
        assertThat(memory[2]).containsExactly(expected);
    }

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void a_box_goes_back_where_it_is_in_the_tensor(DType type, int swizzle, String sizes, String box, String first) {
        BoxShape s = BoxShape.of(type, swizzle, sizes, box, first);
        byte[] image = pattern(s.boxBytes());
        byte[] tensor = new byte[s.tensorBytes()];
        byte[] expected = tensor.clone();
        for (int i = 0; i < s.boxBytes() / s.bytes(); i++) {
            if (s.inTensor(i) >= 0) System.arraycopy(image, s.inShared(i), expected, s.inTensor(i), s.bytes());
        }
        byte[][] memory = {tensor, image, new byte[4]};
        run(IN + store(s.sizes().size()) + GROUP, s, memory);
        assertThat(memory[0]).containsExactly(expected);
    }

    private static final BoxShape TILE = BoxShape.of(DType.BF16, 128, "64 64", "64 8", "0 0");

    @Test
    void bytes_in_a_row_are_copied_too() {
        byte[][] memory = {pattern(TILE.tensorBytes()), pattern(1024), new byte[1024]};
        run("""
                @%p0 bra WAIT;
                mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4], 1024;
                cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%q1], 1024, [%r4];
                """ + WAIT + """
                        @%p0 bra END;
                        cp.async.bulk.global.shared::cta.bulk_group [%q2], [%r2], 1024;
                        cp.async.bulk.commit_group;
                        cp.async.bulk.wait_group.read 0;
                        """, TILE, memory);
        assertThat(memory[2]).containsExactly(memory[1]);
        assertThatThrownBy(() -> body(
                        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%q1], 24, [%r4];"))
                .hasMessageContaining("of 24 bytes at 0x1000003000 of global memory, expected multiples of 16");
    }

    @Test
    void what_was_written_is_read_back_after_a_wait() {
        String again = IN + store(2) + GROUP + "ld.global.u32 %r7, [%q5];";
        String address = "sub.u64 %q5, %q1, 12288;\n";
        byte[][] memory = {new byte[TILE.tensorBytes()], pattern(TILE.boxBytes()), new byte[4]};
        run(address + again, TILE, memory);
        assertThatThrownBy(() -> run(address + again.replace("wait_group 0", "wait_group.read 0"), TILE, memory))
                .hasMessageContaining("race: reads 4 bytes of allocation 1 at 0x1000000000 that a bulk copy from shared"
                        + " memory of warp 0 wrote, expected a wait for it, or a barrier after somebody else's wait,"
                        + " between the two");
    }

    @Test
    void what_is_wrong_with_a_load_is_said() {
        String body = load(2) + WAIT + OUT;
        assertWrong(
                body,
                "[%r2], [%q0, {%c0, %c1}], [%r4]",
                "[%r2+128], [%q0, {%c0, %c1}], [%r4]",
                "of 1,024 bytes at 0x80 of shared memory, expected an address that is a multiple of 1024");
        assertWrong(
                body,
                "[%r2], [%q0, {%c0, %c1}], [%r4]",
                "[%r2+16384], [%q0, {%c0, %c1}], [%r4]",
                "of 1,024 bytes at 0x4000 of shared memory (it has 16,384 bytes), expected an address in" + " it");
        assertWrong(
                body,
                "[%r2], [%q0, {%c0, %c1}], [%r4]",
                "[%r2+15360], [%q0, {%c0, %c1}], [%r4]",
                "of 1,024 bytes at 0x3c00 of shared memory, where mbarrier 0x3e80 (phase 0 lacks 0 of 1"
                        + " arrivals and 1,024 bytes) is, expected another place");
        assertWrong(
                body,
                "[%r2], [%q0, {%c0, %c1}], [%r4]",
                "[%r2], [%q0, {%c0, %c1}], [%r4+8]",
                "of shared memory at 0x3e88, where there is no mbarrier, expected mbarrier.init before it");
        assertWrong(
                body,
                "2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r2], [%q0, {%c0, %c1}]",
                "3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r2], [%q0, {%c0, %c1," + " %c2}]",
                "of a tensor of 2 dimensions, expected one of 3");
        assertWrong(body, "[%q0, {%c0, %c1}]", "[%q0, {%c0}]", "1 coordinates, expected 2");
        assertWrong(
                body,
                "[%q0, {%c0, %c1}]",
                "[%q1, {%c0, %c1}]",
                "where there is none, expected the address of a parameter that was given one");
        assertWrong(
                body,
                "mbarrier.try_wait.parity.shared::cta.b64 %p1, [%r4], 0;",
                "setp.eq.u32 %p1, 0, 0;",
                "reads 4 bytes of shared memory at 0x0 while a bulk copy to them is under way, expected"
                        + " a wait for the phase of the mbarrier that counts its bytes before it");
        assertWrong(body, "[%r4], %r0;", "[%r4], 1008;", "(phase 0 lacks 0 of 1 arrivals and -16 bytes)");
        assertWrong(
                body,
                "tile.mbarrier",
                "tile.multicast::cluster.mbarrier",
                "modifier .multicast::cluster is not known here");
    }

    @Test
    void what_is_wrong_with_a_store_is_said() {
        String body = IN + store(2) + GROUP;
        assertWrong(
                body,
                "fence.proxy.async.shared::cta;",
                "",
                "an engine reads 4 bytes of shared memory at 0x0 that thread 0 wrote, expected"
                        + " fence.proxy.async by whoever wrote, and a barrier after it if that is another thread");
        assertWrong(
                body,
                "fence.proxy.async.shared::cta;",
                "@!%p0 fence.proxy.async;",
                "an engine reads 4 bytes of shared memory at 0x4 that thread 1 wrote");
        assertWrong(body, "bar.sync 0;", "", "race: reads 4 bytes of shared memory at 0x4 that thread 1 wrote");
        assertWrong(
                body,
                "cp.async.bulk.wait_group 0;",
                "cp.async.bulk.wait_group 1;",
                "thread 0: ends while a bulk copy from shared memory is under way, expected"
                        + " cp.async.bulk.commit_group and wait_group.read before it");
        assertWrong(
                body,
                "cp.async.bulk.commit_group;",
                "",
                "thread 0: ends while a bulk copy from shared memory is under way");
        assertWrong(
                body,
                "cp.async.bulk.commit_group;",
                "st.shared.u32 [%r2], %r1;",
                "race: writes 4 bytes of shared memory at 0x0 that a bulk copy from shared memory of"
                        + " warp 0 reads, expected a wait for it by who started it, and a barrier or an mbarrier"
                        + " after that if it is another thread");
        assertWrong(
                body,
                "@%p0 bra END;",
                "",
                "race: writes 4 bytes of allocation 1 at 0x1000000000 that a bulk copy from shared"
                        + " memory of warp 0 wrote");
    }

    private static void assertWrong(String body, String part, String by, String message) {
        assertThat(body).contains(part);
        assertThatThrownBy(() -> body(body.replace(part, by))).hasMessageContaining(message);
    }

    @Test
    void a_box_narrower_than_its_swizzle_is_refused() {
        BoxShape narrow = BoxShape.of(DType.BF16, 128, "64 64", "32 8", "0 0");
        byte[][] memory = {pattern(narrow.tensorBytes()), new byte[4], new byte[512]};
        assertThatThrownBy(() -> run(load(2) + WAIT + OUT, narrow, memory))
                .hasMessageContaining(
                        "of a box of [32, 8] values with swizzle 128, expected rows of as many bytes as the"
                                + " swizzle");
    }

    @Test
    void nobody_leaves_while_bytes_are_on_their_way() {
        assertThatThrownBy(() -> body(load(2) + "WAIT:\n"))
                .hasMessageContaining(
                        "all threads end and none has waited for a bulk copy to shared memory that mbarrier"
                                + " 0x3e80 (phase 1 lacks 1 of 1 arrivals and 0 bytes) counts, expected a wait for the"
                                + " phase before");
    }

    @Test
    void what_a_kernel_wrote_itself_needs_a_fence_before_the_copy_engine_reads_it() {
        String write = "@!%p0 st.global.u32 [%q5], %r1;\n";
        String address = "sub.u64 %q5, %q1, 12288;\n";
        assertThatThrownBy(() -> body(address + write + load(2) + WAIT + OUT))
                .hasMessageContaining("an engine reads 4 bytes of allocation 1 at 0x1000000000 that thread 0 wrote");
        body(address + write + "fence.proxy.async.global;\n" + load(2) + WAIT + OUT);
    }

    private static void body(String body) {
        run(body, TILE, pattern(TILE.tensorBytes()), new byte[TILE.boxBytes()], new byte[TILE.boxBytes()]);
    }

    private static byte[] pattern(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) bytes[i] = (byte) (1 + i * 31 + i / 251);
        return bytes;
    }

    /// @param memory the tensor, what goes to shared memory, and what comes from there; overwritten
    private static void run(String body, BoxShape s, byte[]... memory) {
        PtxModule module = PtxModule.parse("box.ptx", TEXT.replace("BODY", body));
        try (Simulator gpu = new Simulator(Options.defaults().withCapability(90), _ -> module)) {
            long[] at = new long[3];
            for (int i = 0; i < 3; i++) {
                at[i] = gpu.allocate(memory[i].length);
                gpu.upload(MemorySegment.ofArray(memory[i]), at[i]);
            }
            Object[] arguments = new Object[9];
            arguments[0] = s.map(at[0]);
            arguments[1] = at[1];
            arguments[2] = at[2];
            for (int d = 0; d < 5; d++) arguments[3 + d] = d < s.first().length ? s.first()[d] : 0;
            arguments[8] = s.boxBytes();
            gpu.launch(new Kernel("box", "box"), new Grid(1, 1, 1, 32, SHARED), arguments);
            for (int i = 0; i < 3; i++) gpu.download(at[i], MemorySegment.ofArray(memory[i]));
        }
    }
}
