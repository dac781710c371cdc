package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.lanes;
import static dev.gradine.cuda.sim.Snippet.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Branches, barriers, and what deadlocks.
final class ControlInstructionsTest {

    @Test
    void lanes_part_and_meet_again() {
        String body = """
                and.b32 %r0, %tid, 1;
                setp.eq.s32 %p0, %r0, 0;
                @%p0 bra EVEN;
                mov.u32 %d, 100;
                bra.uni MEET;
                EVEN:
                mov.u32 %d, 200;
                MEET:
                activemask.b32 %r1;
                popc.b32 %r1, %r1;
                add.s32 %d, %d, %r1;
                """;
        int[] d = lanes(40, body);
        for (int t = 0; t < 40; t++) assertThat(d[t]).isEqualTo((t % 2 == 0 ? 200 : 100) + (t < 32 ? 32 : 8));
    }

    @Test
    void every_lane_loops_as_often_as_it_wants() {
        String body = """
                mov.u32 %r0, 0;
                LOOP:
                add.s32 %d, %d, %r0;
                add.s32 %r0, %r0, 1;
                setp.le.s32 %p0, %r0, %tid;
                @%p0 bra LOOP;
                """;
        int[] d = lanes(33, body);
        for (int t = 0; t < 33; t++) assertThat(d[t]).isEqualTo(t * (t + 1) / 2);
    }

    @Test
    void guards_may_be_turned_around() {
        int[] d = lanes(32, """
                setp.lt.s32 %p0, %tid, 5;
                @%p0 mov.u32 %d, 1;
                @!%p0 mov.u32 %d, 2;
                """);
        for (int t = 0; t < 32; t++) assertThat(d[t]).isEqualTo(t < 5 ? 1 : 2);
    }

    @Test
    void lanes_that_end_early_do_not_hold_up_the_others() {
        int[] d = lanes(64, """
                setp.ge.s32 %p0, %tid, 33;
                @%p0 st.global.b64 [%to], %wd;
                @%p0 ret;
                mov.u32 %d, 9;
                """);
        for (int t = 0; t < 64; t++) assertThat(d[t]).isEqualTo(t < 33 ? 9 : 0);
    }

    /// Thread t writes t to shared memory and reads what its neighbour 32 further on wrote.
    private static final String EXCHANGE = """
            shl.b32 %%r0, %%tid, 2;
            mov.u32 %%r1, s;
            add.s32 %%r2, %%r1, %%r0;
            st.shared.u32 [%%r2], %%tid;
            %s
            add.s32 %%r3, %%tid, 32;
            rem.u32 %%r3, %%r3, 96;
            shl.b32 %%r3, %%r3, 2;
            add.s32 %%r3, %%r3, %%r1;
            ld.shared.u32 %%d, [%%r3];
            """;

    @Test
    void a_barrier_orders_shared_memory() {
        int[] d = lanes(96, EXCHANGE.formatted("bar.sync 0;"));
        for (int t = 0; t < 96; t++) assertThat(d[t]).isEqualTo((t + 32) % 96);
        assertThat(lanes(96, EXCHANGE.formatted("barrier.sync.aligned 3, 96;"))).isEqualTo(d);
    }

    @Test
    void random_schedules_give_the_same_where_barriers_are_right() {
        String body = EXCHANGE.formatted("bar.sync 0;") + "\ncvt.u64.u32 %wd, %d;";
        long[] first = run(Options.defaults(), body, new long[96]);
        for (int seed = 0; seed < 5; seed++) {
            Options random = Options.defaults().with(Schedule.random(seed));
            assertThat(run(random, body, new long[96])).isEqualTo(first);
        }
    }

    @Test
    void a_missing_barrier_is_found() {
        assertThatThrownBy(() -> lanes(96, EXCHANGE.formatted("")))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("of shared memory at 0x");
        for (int seed = 0; seed < 5; seed++) {
            Options random = Options.defaults().with(Schedule.random(seed));
            assertThatThrownBy(() -> run(random, EXCHANGE.formatted(""), new long[96]))
                    .isInstanceOf(Fault.class);
        }
    }

    @Test
    void a_warp_that_waits_for_one_that_ended_is_a_fault() {
        String body = """
                setp.ge.s32 %p0, %tid, 32;
                @%p0 ret;
                bar.sync 0;
                """;
        assertThatThrownBy(() -> lanes(64, body))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("ends while warp 0 waits at barrier 0 for all threads, expected all threads");
        String later = "setp.lt.s32 %p0, %tid, 32;\n@%p0 ret;\nbar.sync 0;\n";
        assertThatThrownBy(() -> lanes(64, later))
                .hasMessageContaining("waits at barrier 0, and threads of warp 0 have ended without it");
    }

    @Test
    void a_barrier_that_some_lanes_of_a_warp_pass_by_is_a_fault() {
        String body = """
                setp.ge.s32 %p0, %tid, 16;
                @%p0 bra PAST;
                bar.sync 0;
                PAST:
                """;
        assertThatThrownBy(() -> lanes(32, body))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("waits at barrier 0, and threads of warp 0 have ended without it");
        String guarded = "setp.ge.s32 %p0, %tid, 16;\n@%p0 bar.sync 0;\nbar.sync 1;\n";
        assertThatThrownBy(() -> lanes(32, guarded)).isInstanceOf(Fault.class).hasMessageContaining("lanes 0 to 15");
    }

    @Test
    void warps_at_different_barriers_are_a_deadlock() {
        String body = """
                setp.ge.s32 %p0, %tid, 32;
                @%p0 bra OTHER;
                bar.sync 1, 64;
                bra END;
                OTHER:
                bar.sync 2, 64;
                END:
                """;
        assertThatThrownBy(() -> lanes(64, body))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("deadlock: no warp can run, warp 0 at barrier 1, warp 1 at barrier 2 wait");
    }

    @Test
    void named_barriers_may_be_for_some_warps_only() {
        String body = """
                setp.ge.s32 %p0, %tid, 64;
                @%p0 bra END;
                bar.sync 1, 64;
                mov.u32 %d, 7;
                END:
                """;
        int[] d = lanes(96, body);
        assertThat(Arrays.stream(d).sum()).isEqualTo(7 * 64);
        assertThatThrownBy(() -> lanes(64, "bar.sync 1, 33;")).hasMessageContaining("a multiple of 32");
        assertThatThrownBy(() -> lanes(64, "bar.sync 16;")).hasMessageContaining("barrier is 16, expected 0 to 15");
    }

    @Test
    void arriving_is_not_waiting() {
        String body = """
                setp.lt.s32 %p0, %tid, 32;
                @%p0 bra CONSUMER;
                st.shared.u32 [s], 5;
                bar.arrive 1, 64;
                bra END;
                CONSUMER:
                bar.sync 1, 64;
                ld.shared.u32 %d, [s];
                END:
                """.replace("st.shared.u32 [s], 5;", """
                setp.eq.s32 %p1, %tid, 32;
                mov.u32 %r0, 5;
                @%p1 st.shared.u32 [s], %r0;""");
        int[] d = lanes(64, body);
        for (int t = 0; t < 64; t++) assertThat(d[t]).isEqualTo(t < 32 ? 5 : 0);
    }

    @Test
    void arriving_twice_is_a_fault() {
        assertThatThrownBy(() -> lanes(64, "bar.arrive 1, 64;\nbar.arrive 1, 64;"))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("arrives at barrier 1 a second time before it has opened, expected one arrival");
    }

    @Test
    void an_endless_loop_ends_with_a_fault() {
        Options few = new Options(80, 1 << 20, 10_000, true, Schedule.inTurn(), Approximation.EXACT);
        assertThatThrownBy(() -> run(few, "LOOP:\nbra LOOP;", new long[32]))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("the block executed more than 10,000 warp instructions, expected an end");
    }

    @Test
    void a_trap_and_a_divergent_uniform_branch_are_faults() {
        assertThatThrownBy(() -> lanes(1, "trap;")).isInstanceOf(Fault.class).hasMessageContaining("thread 0: trap");
        String body = "setp.lt.s32 %p0, %tid, 5;\n@%p0 bra.uni END;\nEND:\n";
        assertThatThrownBy(() -> lanes(32, body)).hasMessageContaining("bra.uni is taken by some lanes");
    }

    @Test
    void an_observer_sees_every_instruction_with_its_registers() {
        var module = PtxModule.parse("tiny.ptx", """
                .version 8.0
                .target sm_80
                .address_size 64
                .visible .entry tiny()
                {
                .reg .b32 %r<2>;
                .reg .pred %p;
                mov.u32 %r0, %tid.x;
                setp.lt.s32 %p, %r0, 3;
                @%p add.s32 %r1, %r0, 10;
                ret;
                }
                """);
        StringBuilder seen = new StringBuilder();
        try (Simulator gpu = new Simulator(Options.defaults(), _ -> module)) {
            gpu.observe((warp, instruction, mask) -> seen.append(
                    "%s %08x %d %d%n".formatted(instruction.text(), mask, warp.register(1)[2], warp.register(2)[3])));
            gpu.launch(new Kernel("tiny", "tiny"), Grid.of(1, 32));
        }
        assertThat(seen.toString().lines())
                .containsExactly(
                        "mov.u32 %r0, %tid.x ffffffff 0 0",
                        "setp.lt.s32 %p, %r0, 3 ffffffff 0 0",
                        "add.s32 %r1, %r0, 10 00000007 12 0",
                        "ret ffffffff 12 0");
    }
}
