package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Two small kernels with one line changed: one fault of each kind that a simulator has to see.
final class FaultTest {

    private static final String WRITE =
            ", expected a write before it, and a barrier between the two if another thread writes";

    /// A message with `#` for any number and `*` for any hexadecimal one.
    private static String pattern(String text) {
        return Pattern.quote(text).replace("#", "\\E\\d+\\Q").replace("*", "\\E[0-9a-f]+\\Q");
    }

    private static final Kernel REVERSE = new Kernel("faults", "reverse");
    private static final Kernel SWAP = new Kernel("faults", "swap");

    /// `reverse` writes 63 − thread by way of shared memory, in blocks of 64; `swap` exchanges neighbours of a
    /// warp.
    private static final String TEXT = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry reverse(.param .u64 reverse_y)
            {
            .reg .pred %p<4>;
            .reg .b32 %r<20>;
            .reg .b64 %rd<8>;
            .shared .align 4 .b8 tile[256];
            ld.param.u64 %rd1, [reverse_y];
            cvta.to.global.u64 %rd2, %rd1;
            mov.u32 %r1, %tid.x;
            shr.u32 %r2, %r1, 5;
            setp.lt.u32 %p1, %r1, 10;
            mov.u32 %r3, tile;
            shl.b32 %r4, %r1, 2;
            add.u32 %r5, %r3, %r4;
            st.shared.u32 [%r5], %r1;
            bar.sync 0;
            sub.u32 %r6, 63, %r1;
            shl.b32 %r7, %r6, 2;
            add.u32 %r8, %r3, %r7;
            ld.shared.u32 %r9, [%r8];
            mov.u32 %r10, %ctaid.x;
            mad.lo.u32 %r11, %r10, 64, %r1;
            mul.wide.u32 %rd3, %r11, 4;
            add.u64 %rd4, %rd2, %rd3;
            shfl.sync.bfly.b32 %r12, %r9, 1, 31, -1;
            st.global.u32 [%rd4], %r9;
            LOOP:
            ret;
            }
            .visible .entry swap(.param .u64 swap_y)
            {
            .reg .b32 %r<20>;
            .reg .b64 %rd<8>;
            .shared .align 4 .b8 lanes[128];
            ld.param.u64 %rd1, [swap_y];
            cvta.to.global.u64 %rd2, %rd1;
            mov.u32 %r1, %tid.x;
            mov.u32 %r3, lanes;
            shl.b32 %r4, %r1, 2;
            add.u32 %r5, %r3, %r4;
            st.shared.u32 [%r5], %r1;
            bar.warp.sync -1;
            xor.b32 %r6, %r4, 4;
            add.u32 %r8, %r3, %r6;
            ld.shared.u32 %r9, [%r8];
            mul.wide.u32 %rd3, %r1, 4;
            add.u64 %rd4, %rd2, %rd3;
            st.global.u32 [%rd4], %r9;
            ret;
            }
            """;

    @Test
    void unchanged_kernels_pass() {
        assertThat(run(kernel(), REVERSE, Grid.of(2, 64), 128))
                .startsWith(63, 62, 61)
                .endsWith(2, 1, 0);
        assertThat(run(kernel(), SWAP, Grid.of(1, 32), 32)).startsWith(1, 0, 3, 2);
    }

    @Test
    void race_in_shared_memory() {
        assertFault(
                kernel().drop("reverse", "bar.sync", 0)
                        .replace("reverse", "sub.u32 %r6, 63, %r1", 0, "and.b32 %r6, %r1, 31"),
                "thread 32: race: reads 4 bytes of shared memory at 0x0 that thread 0 wrote, expected a barrier between"
                        + " the two");
    }

    @Test
    void a_missing_barrier_shows_in_any_order_of_warps() {
        for (int seed = 0; seed < 20; seed++) {
            Planted kernel = kernel().drop("reverse", "bar.sync", 0);
            try (Simulator gpu = kernel.gpu(Options.defaults().with(Schedule.random(seed)))) {
                long y = gpu.allocate(512);
                assertThatThrownBy(() -> gpu.launch(REVERSE, Grid.of(2, 64), y))
                        .hasMessageMatching(".*: (race: reads 4 bytes .*|reads 4 bytes .* that nobody has written.*)");
            }
        }
    }

    @Test
    void race_within_a_warp() {
        assertFault(
                kernel().drop("swap", "bar.warp.sync", 0),
                SWAP,
                Grid.of(1, 32),
                "thread 0: race: reads 4 bytes of shared memory at 0x4 that thread 1 wrote, expected bar.warp.sync or a"
                        + " barrier between the two");
    }

    @Test
    void race_between_threads_in_global_memory() {
        assertFault(
                kernel().replace("reverse", "%rd3, %r11, 4", 0, "%rd3, %r11, 0"),
                "thread #: race: writes 4 bytes of allocation 1 at 0x1000000000 that thread # wrote, expected"
                        + " bar.warp.sync or a barrier between the two");
    }

    @Test
    void race_between_blocks() {
        assertFault(
                kernel().replace("reverse", "%r10, 64, %r1", 0, "%r10, 0, %r1"),
                "thread 32: race: writes 4 bytes of allocation 1 at 0x1000000080 that thread 32 of block 0"
                        + " wrote, expected"
                        + " no use of what another block of the launch uses, unless it is read only or by atomics");
    }

    @Test
    void uninitialised_shared_memory() {
        assertFault(
                kernel().drop("reverse", "st.shared", 0),
                "thread 32: reads 4 bytes of shared memory at 0x7c that nobody has written" + WRITE);
    }

    @Test
    void out_of_bounds_in_shared_memory() {
        assertFault(
                kernel().replace("reverse", "63, %r1", 0, "64, %r1"),
                "thread 0: ld.shared.u32 reads 4 bytes at 0x100 of shared memory (it has 256 bytes),"
                        + " expected an address"
                        + " in it");
    }

    @Test
    void misaligned() {
        assertFault(
                kernel().replace("reverse", "%r7, %r6, 2", 0, "%r7, %r6, 1"),
                "thread 32: ld.shared.u32 accesses 4 bytes of shared memory at 0x3e, expected an address that is a"
                        + " multiple of 4");
    }

    @Test
    void divergent_barrier() {
        assertFault(
                kernel().replace("reverse", "bar.sync", 0, "@%p1 bar.sync"),
                "lanes 0 to 9 execute bar.sync and lanes 10 to 31 do not, expected all lanes at it together");
    }

    @Test
    void deadlock_of_two_barriers() {
        assertFault(
                kernel().replace("reverse", "bar.sync 0", 0, "bar.sync %r2, 64"),
                "deadlock: no warp can run, warp 0 at barrier 0, warp 1 at barrier 1 wait, expected the"
                        + " others to come");
    }

    @Test
    void threads_that_end_before_a_barrier() {
        assertFault(
                kernel().replace("reverse", "bar.sync 0;", 0, "@%p1 ret; bar.sync 0;"),
                "waits at barrier 0, and threads of warp 0 have ended without it, expected all threads of"
                        + " the block at it");
    }

    @Test
    void shuffle_without_its_members() {
        assertFault(
                kernel().replace("reverse", "shfl.sync", 0, "@%p1 shfl.sync"),
                "lanes 0 to 9 execute shfl.sync.bfly.b32 and lanes 10 to 31 do not, expected all lanes at it together");
    }

    @Test
    void shuffle_from_a_lane_outside_the_mask() {
        Planted kernel = kernel().replace(
                        "reverse",
                        "shfl.sync.bfly.b32 %r12, %r9, 1, 31, -1",
                        0,
                        "@%p1 shfl.sync.bfly.b32 %r12, %r9, 16, 31, 0x3ff");
        assertFault(kernel, "thread 0: shfl.sync with mask 0x000003ff reads from lane 16, expected a lane of the mask");
    }

    @Test
    void endless_loop() {
        Planted kernel = kernel().replace("reverse", "ret;", 0, "bra LOOP;");
        try (Simulator gpu =
                kernel.gpu(new Options(80, 1 << 20, 10_000, true, Schedule.inTurn(), Approximation.EXACT))) {
            assertThatThrownBy(() -> gpu.launch(REVERSE, Grid.of(2, 64), gpu.allocate(512)))
                    .isInstanceOf(Fault.class)
                    .hasMessageMatching(
                            pattern("faults.cu: reverse: PTX line #, block (0, 0, 0): the block executed more"
                                    + " than 10,000 warp instructions, expected an end"));
        }
    }

    @Test
    void memory_that_was_freed() {
        try (Simulator gpu = kernel().gpu()) {
            long y = gpu.allocate(512);
            gpu.free(y);
            assertThatThrownBy(() -> gpu.launch(REVERSE, Grid.of(2, 64), y))
                    .isInstanceOf(Fault.class)
                    .hasMessageMatching(
                            pattern("faults.cu: reverse: PTX line #, block (0, 0, 0), thread 32: st.global.u32 writes"
                                    + " 4 bytes at 0x1000000080 of global memory (it is 128 bytes after the"
                                    + " beginning of"
                                    + " allocation 1 (freed)), expected an address in it"));
            assertThatThrownBy(() -> gpu.free(y))
                    .hasMessage("free: address is 0x1000000000, expected what allocate returned");
            assertThatThrownBy(() -> gpu.upload(MemorySegment.ofArray(new int[4]), y))
                    .hasMessage("upload: 16 bytes at 0x1000000000 are in no allocation; it is 0 bytes after the"
                            + " beginning of"
                            + " allocation 1 (freed)");
        }
    }

    @Test
    void an_address_that_is_none() {
        try (Simulator gpu = kernel().gpu()) {
            long y = gpu.allocate(512);
            assertThatThrownBy(() -> gpu.launch(REVERSE, Grid.of(2, 64), 0L))
                    .hasMessageMatching(
                            pattern("faults.cu: reverse: PTX line #, block (0, 0, 0), thread 32: st.global.u32"
                                    + " writes 4 bytes at 0x80 of global memory (no allocation begins"
                                    + " below), expected an"
                                    + " address in it"));
            assertThatThrownBy(() -> gpu.free(y + 4))
                    .hasMessage("free: address is 0x1000000004, expected what allocate returned");
        }
    }

    private static Planted kernel() {
        return Planted.text("faults", TEXT);
    }

    private static int[] run(Planted planted, Kernel kernel, Grid grid, int n) {
        try (Simulator gpu = planted.gpu()) {
            long y = gpu.allocate(4L * n);
            gpu.launch(kernel, grid, y);
            int[] got = new int[n];
            gpu.download(y, MemorySegment.ofArray(got));
            return got;
        }
    }

    private static void assertFault(Planted planted, String message) {
        assertFault(planted, REVERSE, Grid.of(2, 64), message);
    }

    private static void assertFault(Planted planted, Kernel kernel, Grid grid, String message) {
        assertThatThrownBy(() -> run(planted, kernel, grid, 128))
                .isInstanceOf(Fault.class)
                .hasMessageMatching(pattern("faults.cu: %s: PTX line #, block (#, 0, 0)".formatted(kernel.entry())
                        + (message.startsWith("thread") ? ", " : ": ")
                        + message));
    }
}
