package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.PtxException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// A pipeline for Hopper with one line changed: what a mistake in it would be.
final class HopperFaultTest {

    private static final String ENTRY = "pipeline";
    private static final String BEFORE =
            "hopper\\.cu: pipeline: PTX line [0-9]+, block \\(0, 0, 0\\)(, thread [0-9]+)?: ";

    private static void assertFault(UnaryOperator<Planted> change, String message) {
        Planted planted = change.apply(Planted.text("hopper", HopperKernels.PIPELINE));
        for (int seed = -1; seed < 1; seed++) {
            Schedule schedule = seed < 0 ? Schedule.inTurn() : Schedule.random(seed);
            assertThatThrownBy(() -> HopperTest.pipeline(planted, schedule, 64, 64, 320))
                    .isInstanceOf(Fault.class)
                    .hasMessageMatching(BEFORE + message);
        }
    }

    private static void assertMissing(String line, int nth, String message) {
        assertFault(k -> k.drop(ENTRY, line, nth), message);
    }

    private static void assertReplaced(String part, String by, String message) {
        assertFault(k -> k.replace(ENTRY, part, 0, by), message);
    }

    @Test
    void reading_without_a_wait_for_the_copy() {
        String message = "(race: )?reads 4 bytes of shared memory at 0x[0-9a-f]+ (that a bulk copy to shared memory"
                + " wrote, expected a wait for it, or a barrier after somebody else's wait, between the two|while a"
                + " bulk copy to them is under way, expected a wait for the phase of the mbarrier that counts its bytes"
                + " before it|that nobody has written.*)";
        assertMissing("bra FULL", 0, message);
        assertReplaced("[%r24], 16384", "[%r24], 8192", message);
        assertReplaced(
                "arrive.expect_tx.shared::cta.b64 _, [%r24], 16384", "arrive.shared::cta.b64 _, [%r24]", message);
    }

    @Test
    void filling_a_buffer_before_it_is_empty() {
        assertMissing(
                "bra EMPTY",
                0,
                "mbarrier.arrive.expect_tx.shared::cta.b64 1 times at mbarrier 0xc000 \\(phase 0 lacks 0 of 1 arrivals"
                        + " and [0-9,]+ bytes\\), expected no more than it waits for");
    }

    @Test
    void telling_that_a_buffer_is_empty_before_the_product_that_reads_it_has_ended() {
        String message =
                "race: copies to 8192 bytes of shared memory at 0x0 that wgmma of warps 4 to 7 reads, expected a"
                        + " wait for it by who started it, and a barrier or an mbarrier after that if it is another"
                        + " thread";
        assertMissing("wait_group.sync.aligned 1", 0, message);
        assertReplaced("wait_group.sync.aligned 1", "wait_group.sync.aligned 2", message);
        assertMissing("wgmma.commit_group", 0, message);
    }

    @Test
    void phases_that_never_end() {
        String stuck = "deadlock: no warp can run, warp 0 for mbarrier 0xc010 \\(phase 0 lacks 1 of %d arrivals and 0"
                + " bytes\\), warp 4 for mbarrier 0xc000 \\(phase %d lacks %d of 1 arrivals and %d bytes\\),.* wait,"
                + " expected the others to come";
        assertReplaced("[%r24], 16384", "[%r24], 16400", stuck.formatted(1, 0, 0, 16));
        assertMissing("mbarrier.arrive.shared", 0, stuck.formatted(1, 1, 1, 0));
        assertReplaced("[%r4+16], 1", "[%r4+16], 2", stuck.formatted(2, 1, 1, 0));
        assertMissing("xor.b32 %r21", 0, stuck.formatted(1, 0, 1, 0));
    }

    @Test
    void registers_that_belong_to_a_product_under_way() {
        assertMissing(
                "wait_group.sync.aligned 0",
                0,
                "st.shared.f32 uses an accumulator of the wgmma in PTX line [0-9]+ that is under way, expected"
                        + " wgmma.wait_group before it");
        assertReplaced(
                "setp.eq.u32 %p5",
                "add.f32 %d3, %d3, %d4; setp.eq.u32 %p5",
                "add.f32 uses an accumulator of the wgmma in PTX line [0-9]+ that is under way, expected"
                        + " wgmma.wait_group before it");
    }

    @Test
    void registers_that_were_used_since_the_last_fence() {
        assertMissing(
                "wgmma.fence", 0, "wgmma.mma_async without any wgmma.fence, expected wgmma.fence before the first");
        assertReplaced(
                "wgmma.fence.sync.aligned;",
                "wgmma.fence.sync.aligned; mov.b32 %d5, 0;",
                "(wgmma.mma_async uses a register that another instruction has used since the last wgmma.fence,"
                        + " expected wgmma.fence between the two|mov.b32 uses an accumulator .*)");
    }

    @Test
    void sending_what_the_copy_engine_has_not_been_shown() {
        assertMissing(
                "fence.proxy",
                0,
                "an engine reads 4 bytes of shared memory at 0x8000 that thread 128 wrote, expected fence.proxy.async"
                        + " by whoever wrote, and a barrier after it if that is another thread");
        assertMissing("bar.sync 1", 0, "(race: )?reads 4 bytes of shared memory at 0x[0-9a-f]+ that .*");
        assertMissing("wait_group.read", 0, "ends while a bulk copy from shared memory is under way, expected .*");
    }

    @Test
    void using_mbarriers_before_they_are_made() {
        assertMissing(
                "bar.sync 0",
                0,
                "(race: mbarrier.try_wait.parity.shared::cta.b64 of mbarrier 0xc000 that thread 0 has initialised,"
                        + " expected a barrier between the two|.*where there is no mbarrier.*)");
    }

    @Test
    void warps_of_a_warpgroup_that_disagree() {
        assertReplaced(
                "wgmma.fence.sync.aligned;",
                "wgmma.fence.sync.aligned; setp.ge.u32 %p6, %r1, 192; @%p6 add.u64 %q3, %q3, 2;",
                "warp [4-7] executes wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 with 0x400000400001000[02],"
                        + " 0x4000004000010200 and others of its warpgroup with 0x400000400001000[02],"
                        + " 0x4000004000010200, expected the same in all four warps");
        assertReplaced(
                "setmaxnreg.inc.sync.aligned.u32 232;",
                "setp.ge.u32 %p6, %r1, 224; @%p6 bra OTHER; setmaxnreg.inc.sync.aligned.u32 232; bra BOTH;"
                        + " OTHER: setmaxnreg.inc.sync.aligned.u32 240; BOTH:",
                "warp [4-7] executes setmaxnreg.inc.sync.aligned.u32 and others of its warpgroup"
                        + " setmaxnreg.inc.sync.aligned.u32 in PTX line [0-9]+, expected all four warps at the same"
                        + " instruction");
        assertReplaced(
                "setp.eq.u32 %p4, 0, 0",
                "setp.ge.u32 %p6, %r1, 224; @%p6 bra END; setp.eq.u32 %p4, 0, 0",
                "deadlock: no warp can run, .*warp 4 at wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 in PTX"
                        + " line [0-9]+,.* wait, expected the others to come");
    }

    @Test
    void lanes_of_a_warp_that_disagree() {
        assertReplaced(
                "wgmma.commit_group",
                "@%p0 wgmma.commit_group",
                "lanes 1 to 31 execute wgmma.commit_group.sync.aligned and lane 0 do not, expected all lanes at it"
                        + " together");
        assertReplaced(
                "setp.eq.u32 %p4, 0, 0",
                "setp.ne.u32 %p4, %r1, 128",
                "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 adds in some lanes only, expected all lanes or"
                        + " none");
        assertReplaced(
                "add.u64 %q4, %q3, 512",
                "cvt.u64.u32 %q9, %r1; add.u64 %q4, %q3, %q9",
                "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 with descriptor 0x[0-9a-f]+, lane 0 with"
                        + " 0x[0-9a-f]+, expected one value in all lanes");
    }

    @Test
    void matrices_that_are_not_where_a_descriptor_says() {
        assertReplaced(
                "add.u64 %q4, %q3, 512",
                "add.u64 %q4, %q3, 520",
                "descriptor of B: start is 0x2080, expected an address in the first 128 bytes of each 1024, where a"
                        + " pattern begins");
        assertReplaced(
                "add.u64 %q4, %q3, 512",
                "add.u64 %q4, %q3, 3584",
                "wgmma reads 16 bytes at 0xfff0 of shared memory for B \\(it has 49,184 bytes\\), expected an address"
                        + " in it");
    }

    @Test
    void what_is_not_in_the_language_is_refused() {
        assertRefused(
                "setmaxnreg.inc.sync.aligned.u32 232",
                "setmaxnreg.inc.sync.aligned.u32 236",
                "registers is 236, expected a multiple of 8 from 24 to 256");
        assertRefused(
                "setmaxnreg.inc.sync.aligned.u32 232",
                "setmaxnreg.inc.sync.aligned.u32 16",
                "registers is 16, expected a multiple of 8 from 24 to 256");
        assertRefused("wgmma.fence.sync.aligned", "wgmma.fence", "expected .sync.aligned");
        assertRefused("wait_group.sync.aligned 1", "wait_group.sync.aligned 8", "groups is 8, expected 0 to 7");
        assertRefused(
                ".minnctapersm 1",
                ".reqnctapercluster 2, 1, 1",
                "a cluster of 2 blocks, expected 1 (larger ones are not simulated)");
    }

    private static void assertRefused(String part, String by, String message) {
        assertThatThrownBy(() -> HopperTest.pipeline(
                        Planted.text("hopper", HopperKernels.PIPELINE.replace(part, by)),
                        Schedule.inTurn(),
                        64,
                        64,
                        64))
                .isInstanceOf(PtxException.class)
                .hasMessageContaining(message);
    }

    @Test
    void another_gpu_does_not_run_it() {
        Planted planted = Planted.text("hopper", HopperKernels.PIPELINE);
        try (Simulator gpu = planted.gpu(Options.defaults())) {
            assertThatThrownBy(() -> HopperTest.launch(gpu, 64, 64, 64))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("hopper.ptx: target is sm_90a, expected at most sm_80 (the simulator's)");
        }
    }
}
