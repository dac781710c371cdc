package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.lanes;
import static dev.gradine.cuda.sim.Snippet.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// Shuffles, votes and atomics.
final class WarpInstructionsTest {

    @Test
    void a_butterfly_sums_a_warp() {
        StringBuilder body = new StringBuilder("mov.u32 %d, %tid;\n");
        for (int step = 16; step > 0; step /= 2) {
            body.append("shfl.sync.bfly.b32 %r0, %d, ").append(step).append(", 31, -1;\nadd.s32 %d, %d, %r0;\n");
        }
        int[] d = lanes(32, body.toString());
        for (int t = 0; t < 32; t++) assertThat(d[t]).isEqualTo(496);
    }

    @Test
    void shuffles_say_whether_their_source_was_valid() {
        int[] d = lanes(32, """
                shfl.sync.down.b32 %r0|%p0, %tid, 1, 31, -1;
                selp.b32 %d, %r0, -1, %p0;
                """);
        for (int t = 0; t < 32; t++) assertThat(d[t]).isEqualTo(t < 31 ? t + 1 : -1);
        int[] first = lanes(32, "shfl.sync.idx.b32 %d, %tid, 3, 0x181f, -1;");
        for (int t = 0; t < 32; t++) assertThat(first[t]).isEqualTo(t / 8 * 8 + 3);
    }

    @Test
    void a_shuffle_without_a_lane_of_its_mask_is_a_fault() {
        String body = "setp.lt.s32 %p0, %tid, 31;\n@%p0 shfl.sync.bfly.b32 %d, %tid, 1, 31, -1;\n";
        assertThatThrownBy(() -> lanes(32, body))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("lanes 0 to 30 execute shfl.sync.bfly.b32 and lane 31 do not");
        String own = "shfl.sync.bfly.b32 %d, %tid, 1, 31, 0xfffe;";
        assertThatThrownBy(() -> lanes(16, own)).hasMessageContaining("member mask is 0x0000fffe");
    }

    @Test
    void halves_of_a_warp_may_shuffle_apart() {
        int[] d = lanes(32, """
                setp.lt.s32 %p0, %tid, 16;
                @%p0 bra LOW;
                shfl.sync.bfly.b32 %d, %tid, 1, 31, 0xffff0000;
                bra END;
                LOW:
                shfl.sync.bfly.b32 %d, %tid, 2, 31, 0x0000ffff;
                END:
                """);
        for (int t = 0; t < 32; t++) assertThat(d[t]).isEqualTo(t < 16 ? t ^ 2 : t ^ 1);
    }

    @Test
    void lanes_wait_for_those_that_come_later() {
        int[] d = lanes(32, """
                setp.lt.s32 %p0, %tid, 16;
                @%p0 bra LATE;
                EARLY:
                shfl.sync.bfly.b32 %d, %tid, 16, 31, -1;
                bra END;
                LATE:
                mov.u32 %r3, 1;
                bra EARLY;
                END:
                """);
        for (int t = 0; t < 32; t++) assertThat(d[t]).isEqualTo(t ^ 16);
    }

    @Test
    void votes_and_reductions() {
        int[] ballot = lanes(32, "setp.lt.s32 %p0, %tid, 5; vote.sync.ballot.b32 %d, %p0, -1;");
        assertThat(ballot[7]).isEqualTo(31);
        int[] any = lanes(32, "setp.lt.s32 %p0, %tid, 1; vote.sync.any.pred %p1, %p0, -1; selp.b32 %d, 1, 0, %p1;");
        assertThat(any[9]).isEqualTo(1);
        int[] all = lanes(32, "setp.lt.s32 %p0, %tid, 1; vote.sync.all.pred %p1, %p0, -1; selp.b32 %d, 1, 0, %p1;");
        assertThat(all[0]).isZero();
        assertThat(lanes(32, "redux.sync.add.s32 %d, %tid, -1;")[3]).isEqualTo(496);
        assertThat(lanes(32, "redux.sync.max.u32 %d, %tid, -1;")[3]).isEqualTo(31);
        assertThat(lanes(32, "shr.u32 %r0, %tid, 4; match.any.sync.b32 %d, %r0, -1;")[17])
                .isEqualTo(0xffff_0000);
        assertThat(lanes(32, "elect.sync _|%p0, -1; selp.b32 %d, 1, 0, %p0;")[0])
                .isEqualTo(1);
    }

    /// A counter in shared memory, zero before, that every thread changes.
    private static String counter(String change) {
        return """
                setp.eq.s32 %p0, %tid, 0;
                @%p0 st.shared.u32 [s], %d;
                bar.sync 0;
                """ + change + """

                bar.sync 0;
                ld.shared.u32 %d, [s];
                """;
    }

    @Test
    void atomics_count_every_thread() {
        assertThat(lanes(96, counter("atom.shared.add.u32 %r0, [s], 1;"))).containsOnly(96);
        assertThat(lanes(96, counter("red.shared.max.s32 [s], %tid;"))).containsOnly(95);
        assertThat(lanes(96, counter("atom.shared.inc.u32 %r0, [s], 94;"))).containsOnly(1);
        assertThat(lanes(96, counter("mov.u32 %r1, 5; atom.shared.cas.b32 %r0, [s], 0, %r1;")))
                .containsOnly(5);
        assertThat(lanes(96, counter("atom.shared.or.b32 %r0, [s], %tid;"))).containsOnly(127);
        assertThat(lanes(96, counter("mov.b32 %f0, 0f3F800000; atom.shared.add.f32 %f1, [s], %f0;")))
                .containsOnly(Float.floatToRawIntBits(96));
    }

    @Test
    void atomics_return_what_was_there() {
        int[] d = lanes(
                32, counter("atom.shared.add.u32 %r5, [s], 2;").replace("ld.shared.u32 %d, [s];", "mov.u32 %d, %r5;"));
        for (int t = 0; t < 32; t++) assertThat(d[t]).isEqualTo(2 * t);
    }

    @Test
    void a_plain_update_of_many_threads_is_a_race() {
        String body = counter("ld.shared.u32 %r0, [s]; add.s32 %r0, %r0, 1; st.shared.u32 [s], %r0;");
        assertThatThrownBy(() -> lanes(96, body)).isInstanceOf(Fault.class).hasMessageContaining("race: ");
    }

    @Test
    void subnormal_sums_are_flushed_in_global_memory_alone() {
        String load = "mov.b32 %f0, 0f00000001; ";
        assertThat(lanes(1, counter(load + "red.shared.add.f32 [s], %f0;"))).containsOnly(1);
        String global = load + "st.global.b64 [%to], %wd; red.global.add.f32 [%to], %f0; ld.global.u32 %d, [%to];"
                + " cvt.u64.u32 %wd, %d;";
        assertThat(run(Options.defaults(), global, new long[1])).containsOnly(0);
    }
}
