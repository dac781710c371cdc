package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.lanes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// `mbarrier.*` as kernels use them: who is waited for, and what a wait makes known.
final class MbarrierTest {

    private static final String ARRIVE = "mbarrier.arrive.shared::cta.b64 _, [%r0];\n";

    private static final String WAIT = """
            AGAIN:
            mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r0], 0;
            @!%p2 bra AGAIN;
            """;

    /// Each thread writes its number, and reads that of the thread 32 after it.
    private static final String WRITE =
            "shl.b32 %r1, %tid, 2;\nadd.u32 %r1, %r1, %r0;\nst.shared.u32 [%r1+64], %tid;\n";

    private static final String READ = "ld.shared.u32 %d, [%r1+192];\n";

    /// Thread 0 makes one for so many arrivals at `s`; `%r0` is its address, `%p0` is true in thread 0, `%p1` in the
    /// second warp, which is the first to go on after the barrier.
    private static String made(int arrivals) {
        return """
                mov.u32 %r0, s;
                setp.eq.u32 %p0, %tid, 0;
                setp.ge.u32 %p1, %tid, 32;
                @%p0 mbarrier.init.shared::cta.b64 [%r0], ARRIVALS;
                bar.sync 0;
                """.replace("ARRIVALS", "" + arrivals);
    }

    @Test
    void all_wait_until_all_have_arrived() {
        String count = made(64) + ARRIVE + WAIT + "mov.b32 %d, 1;";
        assertThat(lanes(64, count)).containsOnly(1);
        assertThatThrownBy(() -> lanes(64, made(65) + ARRIVE + WAIT))
                .isInstanceOf(Fault.class)
                .hasMessageContaining(
                        "deadlock: no warp can run, warp 0 for mbarrier 0x0 (phase 0 lacks 1 of 65 arrivals"
                                + " and 0 bytes), warp 1 for mbarrier 0x0");
    }

    @Test
    void a_thread_may_count_for_several() {
        String twice = made(64) + "@%p1 mbarrier.arrive.shared::cta.b64 _, [%r0], 2;\n";
        assertThat(lanes(64, twice + WAIT + "mov.b32 %d, 1;")).containsOnly(1);
        assertThatThrownBy(() -> lanes(64, made(63) + "@%p1 mbarrier.arrive.shared::cta.b64 _, [%r0], 2;\n" + WAIT))
                .hasMessageContaining(
                        "thread 63: mbarrier.arrive.shared::cta.b64 2 times at mbarrier 0x0 (phase 0 lacks"
                                + " 1 of 63 arrivals and 0 bytes), expected no more than it waits for");
    }

    @Test
    void phases_follow_each_other() {
        String rounds = made(64) + """
                mov.b32 %r5, 0;
                ROUND:
                and.b32 %r6, %r5, 1;
                mbarrier.arrive.release.cta.shared::cta.b64 %q0, [%r0];
                AGAIN:
                mbarrier.try_wait.parity.acquire.cta.shared::cta.b64 %p2, [%r0], %r6, 0x989680;
                @!%p2 bra AGAIN;
                add.u32 %r5, %r5, 1;
                setp.lt.u32 %p3, %r5, 7;
                @%p3 bra ROUND;
                cvt.u32.u64 %d, %q0;
                """;
        assertThat(lanes(64, rounds)).containsOnly(6);
    }

    @Test
    void a_wait_for_the_phase_before_the_first_ends_at_once() {
        String wait = made(1) + "mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r0], 1;\nselp.u32 %d, 5, 6, %p2;";
        assertThat(lanes(64, wait)).containsOnly(5);
        String test = made(1) + "mbarrier.test_wait.parity.shared::cta.b64 %p2, [%r0], 0;\nselp.u32 %d, 5, 6, %p2;";
        assertThat(lanes(64, test)).containsOnly(6);
    }

    @Test
    void a_phase_is_named_by_what_an_arrival_returned() {
        String token = made(64) + """
                mbarrier.arrive.shared.b64 %q0, [%r0];
                AGAIN:
                mbarrier.test_wait.shared.b64 %p2, [%r0], %q0;
                @!%p2 bra AGAIN;
                mov.b32 %d, 1;
                """;
        assertThat(lanes(64, token)).containsOnly(1);
    }

    @Test
    void an_address_may_be_generic() {
        String generic = made(64)
                + "mov.u64 %q1, s;\ncvta.shared.u64 %q1, %q1;\nmbarrier.arrive.b64 %q0, [%q1];\n" + WAIT
                + "mov.b32 %d, 1;";
        assertThat(lanes(64, generic)).containsOnly(1);
    }

    @Test
    void who_waits_knows_what_those_did_who_arrived() {
        String first = made(32) + WRITE + "@%p1 " + ARRIVE + "@%p1 bra END;\n";
        assertThat(lanes(64, first + WAIT + READ + "END:")).startsWith(32, 33, 34, 35);
        assertThatThrownBy(() -> lanes(64, first + READ + "END:"))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("thread 0: race: reads 4 bytes of shared memory at 0xc0 that thread 32 wrote,"
                        + " expected a barrier between the two");
    }

    @Test
    void what_follows_an_arrival_is_not_known() {
        String late = made(32) + "@%p1 " + ARRIVE + WRITE + "@%p1 bra END;\n" + WAIT + READ + "END:";
        assertThatThrownBy(() -> lanes(64, late)).hasMessageContaining("race: reads 4 bytes of shared memory at 0xc0");
    }

    @Test
    void a_lane_that_arrives_alone_speaks_for_itself() {
        String written = made(1) + WRITE + "setp.eq.u32 %p3, %tid, 32;\n";
        String alone = "@%p3 " + ARRIVE + "@%p1 bra END;\n" + WAIT + READ + "END:";
        assertThat(lanes(64, written + "bar.warp.sync -1;\n" + alone)).startsWith(32, 33);
        assertThatThrownBy(() -> lanes(64, written + alone))
                .hasMessageContaining("thread 1: race: reads 4 bytes of shared memory at 0xc4 that thread 33 wrote");
    }

    @Test
    void a_lane_that_waits_alone_learns_for_itself() {
        String written = made(32) + WRITE + "@%p1 " + ARRIVE + "@%p1 bra END;\n@!%p0 bra REST;\n" + WAIT + "REST:\n";
        assertThat(lanes(64, written + "bar.warp.sync -1;\n" + READ + "END:")).startsWith(32, 33);
        assertThatThrownBy(() -> lanes(64, written + READ + "END:"))
                .hasMessageContaining("thread 1: race: reads 4 bytes of shared memory at 0xc4 that thread 33 wrote");
    }

    @Test
    void lanes_of_one_warp_may_wait_for_each_other() {
        String within = made(1) + "@!%p0 bra WAITS;\n" + ARRIVE + "bra END;\nWAITS:\n" + WAIT + "mov.b32 %d, 1;\nEND:";
        assertThat(lanes(32, within)).startsWith(0).endsWith(1, 1);
        String backwards =
                made(1) + "@%p0 bra ARRIVES;\n" + WAIT + "mov.b32 %d, 1;\nbra END;\nARRIVES:\n" + ARRIVE + "END:";
        assertThat(lanes(32, backwards)).startsWith(0).endsWith(1, 1);
    }

    @Test
    void a_wait_may_return_early_by_chance() {
        String once = made(64) + ARRIVE
                + "bar.sync 0;\nmbarrier.try_wait.parity.shared::cta.b64 %p2, [%r0], 0;\n"
                + "selp.u32 %d, 1, 0, %p2;\ncvt.u64.u32 %wd, %d;";
        long found = 0;
        for (int seed = 0; seed < 40; seed++) {
            Options options = Options.defaults().with(Schedule.random(seed));
            found += Snippet.run(options, once, new long[64])[0];
        }
        assertThat(found).isBetween(20L, 39L);
    }

    @Test
    void announced_bytes_have_to_come() {
        String announce = made(64) + "@%p0 mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%r0], 48;\n" + ARRIVE + WAIT;
        assertThatThrownBy(() -> lanes(64, announce))
                .hasMessageContaining("mbarrier 0x0 (phase 0 lacks 0 of 64 arrivals and 48 bytes)");
        assertThatThrownBy(() -> lanes(64, made(64) + "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r0], 1048576;"))
                .hasMessageContaining("mbarrier.arrive.expect_tx.shared::cta.b64 announces 1,048,576 bytes at"
                        + " mbarrier 0x0 (phase 0 lacks 64 of 64 arrivals and 0 bytes), expected at most 1,048,575"
                        + " together");
    }

    @Test
    void what_is_wrong_with_one_is_said() {
        assertWrong(
                "mbarrier.arrive.shared::cta.b64 _, [%r0+8];",
                "mbarrier.arrive.shared::cta.b64 of shared memory at 0x8, where there is no mbarrier,"
                        + " expected mbarrier.init before it");
        assertWrong(
                "@%p0 mbarrier.init.shared::cta.b64 [%r0], 1;",
                "thread 0: mbarrier.init where mbarrier 0x0 (phase 0 lacks 9 of 9 arrivals and 0 bytes)"
                        + " is, expected mbarrier.inval before it");
        assertWrong(
                "@%p0 mbarrier.init.shared::cta.b64 [%r0+8], 0;",
                "thread 0: mbarrier.init for 0 arrivals, expected 1 to 1048575");
        assertWrong(
                "mbarrier.init.shared::cta.b64 [%r0+4], 1;",
                "mbarrier.init.shared::cta.b64 accesses 8 bytes of shared memory at 0x4, expected an"
                        + " address that is a multiple of 8");
        assertWrong(
                "mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r0], 2;",
                "mbarrier.try_wait.parity.shared::cta.b64 of parity 2, expected 0 or 1");
        assertWrong(
                "st.shared.u32 [%r0+4], %tid;",
                "st.shared.u32 of 4 bytes of shared memory at 0x4, where mbarrier 0x0 (phase 0 lacks 9"
                        + " of 9 arrivals and 0 bytes) is, expected mbarrier instructions alone");
        assertWrong(
                "@%p0 mbarrier.inval.shared::cta.b64 [%r0]; bar.sync 0; mbarrier.arrive.shared::cta.b64" + " _, [%r0];",
                "where there is no mbarrier, expected mbarrier.init before it");
        assertWrong(
                "mbarrier.arrive.relaxed.cta.shared::cta.b64 _, [%r0];",
                ".relaxed, expected an operation that orders accesses");
        assertWrong(
                "mbarrier.arrive_drop.shared::cta.b64 _, [%r0];",
                ".arrive_drop, expected init, inval, arrive, expect_tx, test_wait or try_wait");
        assertWrong(
                "mov.u64 %q1, l; cvta.local.u64 %q1, %q1; mbarrier.arrive.b64 _, [%q1];",
                "mbarrier.arrive.b64 outside of shared memory, expected an address in it");
    }

    private static void assertWrong(String body, String message) {
        assertThatThrownBy(() -> lanes(64, made(9) + body)).hasMessageContaining(message);
    }

    @Test
    void one_is_used_by_others_after_a_barrier() {
        assertThatThrownBy(() -> lanes(64, made(64).replace("bar.sync 0;", "") + ARRIVE))
                .hasMessageContaining("race: mbarrier.arrive.shared::cta.b64 of mbarrier 0x0 that thread 0 has"
                        + " initialised, expected a barrier between the two");
    }
}
