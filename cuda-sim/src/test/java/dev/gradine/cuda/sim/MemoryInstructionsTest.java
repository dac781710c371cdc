package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.lanes;
import static dev.gradine.cuda.sim.Snippet.one;
import static dev.gradine.cuda.sim.Snippet.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.OutOfDeviceMemoryException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// Loads, stores and asynchronous copies, and what they may not touch.
final class MemoryInstructionsTest {

    /// Each thread has 32 bytes of shared memory at `%r9`.
    private static final String OWN = "mov.u32 %r8, s; mad.lo.s32 %r9, %tid, 32, %r8;\n";

    @Test
    void values_of_every_width_come_back_as_their_type_says() {
        String store = OWN + "st.shared.u32 [%r9], %a;\n";
        assertThat(one(store + "ld.shared.s8 %d, [%r9+3];", 0x80ff_7f01)).isEqualTo(-128);
        assertThat(one(store + "ld.shared.u8 %d, [%r9+3];", 0x80ff_7f01)).isEqualTo(128);
        assertThat(one(store + "ld.shared.s16 %d, [%r9+2];", 0x80ff_7f01)).isEqualTo(0xffff_80ff);
        assertThat(one(store + "ld.shared.u16 %h0, [%r9+2]; cvt.u32.u16 %d, %h0;", 0x80ff_7f01))
                .isEqualTo(0x80ff);
        assertThat(one(store + "ld.shared.u8 %h0, [%r9]; cvt.u32.u16 %d, %h0;", 0x80ff_7f01))
                .isEqualTo(1);
        assertThat(one(store + "ld.shared.s32 %wd, [%r9]; shr.s64 %wd, %wd, 32; cvt.u32.u64 %d, %wd;", -2))
                .isEqualTo(-1);
    }

    @Test
    void vectors_lie_side_by_side() {
        String body = OWN + """
                st.shared.v4.u32 [%r9], {%a, %b, %c, %tid};
                st.shared.v2.b64 [%r9+16], {%wa, %wb};
                ld.shared.v2.u32 {%r1, %r2}, [%r9+8];
                ld.shared.v2.b64 {%q1, %q2}, [%r9];
                sub.s32 %d, %r2, %tid;
                add.s32 %d, %d, %r1;
                """;
        assertThat(one(body, 1, 2, 30)).isEqualTo(30);
        assertThat(one(body + "shr.u64 %q1, %q1, 32; cvt.u32.u64 %d, %q1;", 1, 2, 30))
                .isEqualTo(2);
    }

    @Test
    void local_memory_is_each_threads_own() {
        int[] d = lanes(64, """
                mov.u64 %q0, l;
                cvta.local.u64 %q1, %q0;
                st.local.u32 [%q0+4], %tid;
                ld.u32 %d, [%q1+4];
                """);
        for (int t = 0; t < 64; t++) assertThat(d[t]).isEqualTo(t);
        assertThatThrownBy(() -> lanes(1, "mov.u64 %q0, l; ld.local.u32 %d, [%q0+8];"))
                .hasMessageContaining("of local memory at 0x8 that nobody has written");
        assertThatThrownBy(() -> lanes(1, "mov.u64 %q0, l; ld.local.u32 %d, [%q0+64];"))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("ld.local.u32 reads 4 bytes at 0x40 of local memory (a thread has 64 bytes)");
    }

    @Test
    void generic_addresses_reach_shared_memory() {
        assertThat(one(OWN + """
                st.shared.u32 [%r9], %a;
                cvt.u64.u32 %q0, %r9;
                cvta.shared.u64 %q0, %q0;
                ld.u32 %d, [%q0];
                cvta.to.shared.u64 %q1, %q0;
                ld.shared.u32 %r1, [%q1];
                add.s32 %d, %d, %r1;
                """, 21)).isEqualTo(42);
    }

    @Test
    void bounds_and_alignment_are_checked() {
        assertThatThrownBy(() -> lanes(1, "mov.u32 %r0, s; ld.shared.u32 %d, [%r0+4096];"))
                .isInstanceOf(Fault.class)
                .hasMessageEndingWith(
                        "thread 0: ld.shared.u32 reads 4 bytes at 0x1000 of shared memory (it has 4,096 bytes),"
                                + " expected an address in it");
        assertThatThrownBy(() -> lanes(1, "mov.u32 %r0, s; st.shared.u32 [%r0+2], %tid;"))
                .hasMessageContaining(
                        "accesses 4 bytes of shared memory at 0x2, expected an address that is a multiple of 4");
        assertThatThrownBy(() -> lanes(1, "st.global.u32 [%to+8], %tid;")).hasMessageContaining("after the end of");
        assertThatThrownBy(() -> lanes(1, "add.s64 %q0, %to, -4096; ld.global.u32 %d, [%q0];"))
                .hasMessageContaining("of global memory");
        assertThatThrownBy(() -> lanes(1, "mov.u64 %q0, 0; ld.global.u32 %d, [%q0];"))
                .satisfies(e -> assertThat(((Fault) e).address()).isZero());
    }

    @Test
    void reading_what_nobody_wrote_is_a_fault() {
        assertThatThrownBy(() -> lanes(1, "ld.shared.u32 %d, [s+8];"))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("reads 4 bytes of shared memory at 0x8 that nobody has written");
        assertThatThrownBy(() -> lanes(1, "ld.global.u32 %d, [%to];")).hasMessageContaining("nobody has written");
        assertThat(run(Options.defaults().unwatched(), "ld.global.u32 %d, [%to];", new long[1]))
                .containsOnly(0);
    }

    /// Copies 16 bytes per thread from where the values are to shared memory.
    private static final String COPY = """
            mov.u32 %r8, s;
            shl.b32 %r9, %tid, 4;
            add.s32 %r9, %r9, %r8;
            mov.u64 %q0, %from;
            mul.wide.u32 %q1, %tid, 24;
            sub.s64 %q0, %q0, %q1;
            mul.wide.u32 %q1, %tid, 16;
            add.s64 %q0, %q0, %q1;
            cp.async.cg.shared.global [%r9], [%q0], 16;
            cp.async.commit_group;
            """;

    @Test
    void an_asynchronous_copy_arrives_when_waited_for() {
        long[] values = new long[32];
        for (int i = 0; i < 32; i++) values[i] = 1L + i;
        String body = COPY + "cp.async.wait_group 0;\nld.shared.b64 %wd, [%r9];";
        long[] d = run(Options.defaults(), body, values, values, values);
        for (int t = 0; t < 32; t++) assertThat(d[t]).isEqualTo(2L * t / 3 + 1);
    }

    @Test
    void a_missing_wait_is_found() {
        assertThatThrownBy(() -> lanes(32, COPY + "ld.shared.b64 %wd, [%r9];"))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("while a cp.async of thread 0 to them is under way");
        assertThatThrownBy(() -> lanes(32, COPY + "cp.async.wait_group 1;\nld.shared.b64 %wd, [%r9];"))
                .isInstanceOf(Fault.class);
    }

    @Test
    void a_shorter_copy_fills_with_zeros() {
        String body = """
                mov.u32 %r1, 4;
                cp.async.ca.shared.global [s], [%from], 8, %r1;
                cp.async.wait_all;
                ld.shared.b64 %wd, [s];
                """;
        assertThat(run(Options.defaults(), body, new long[] {-1})).containsOnly(0xffff_ffffL);
        String none = body.replace("mov.u32 %r1, 4;", "mov.u32 %r1, 0;\nmov.u64 %from, 0;");
        assertThat(run(Options.defaults(), none, new long[] {-1})).containsOnly(0);
    }

    private static final String TABLE = """
            .version 8.0
            .target sm_80
            .address_size 64
            .const .align 4 .f32 table[3] = {0f3F800000, 0f40000000, 0f40400000};
            .global .align 4 .u32 counter = 7;
            .extern .shared .align 16 .b8 dynamic[];
            .visible .entry k(.param .u64 k_out)
            {
            .reg .b32 %r<4>;
            .reg .f32 %f<2>;
            .reg .b64 %q<4>;
            ld.param.u64 %q0, [k_out];
            ld.const.f32 %f0, [table+8];
            st.global.f32 [%q0], %f0;
            atom.global.add.u32 %r0, [counter], 1;
            st.global.u32 [%q0+4], %r0;
            st.shared.u32 [dynamic+60], %r0;
            mov.u32 %r1, %ctaid.y;
            mov.u32 %r2, %nctaid.z;
            st.global.v2.u32 [%q0+8], {%r1, %r2};
            ret;
            }
            """;

    @Test
    void constants_globals_and_dynamic_shared_memory_are_there() {
        PtxModule module = PtxModule.parse("k.ptx", TABLE);
        try (Simulator gpu = new Simulator(Options.defaults(), _ -> module)) {
            long out = gpu.allocate(16);
            int[] values = new int[4];
            for (int launch = 0; launch < 2; launch++) {
                gpu.launch(new Kernel("k", "k"), new Grid(1, 1, 1, 1, 64), out);
                gpu.download(out, MemorySegment.ofArray(values));
                assertThat(values).containsExactly(Float.floatToRawIntBits(3), 7 + launch, 0, 1);
            }
            assertThatThrownBy(() -> gpu.launch(new Kernel("k", "k"), new Grid(1, 1, 1, 1, 60), out))
                    .isInstanceOf(Fault.class)
                    .hasMessageContaining("at 0x3c of shared memory (it has 60 bytes)");
            assertThatThrownBy(() -> gpu.launch(new Kernel("k", "k"), new Grid(1, 1, 1, 1, 300_000), out))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("k.cu: k: 300,000 bytes of shared memory, expected <= 232,448");
        }
    }

    @Test
    void blocks_that_write_one_word_race() {
        PtxModule module = PtxModule.parse("k.ptx", TABLE);
        try (Simulator gpu = new Simulator(Options.defaults(), _ -> module)) {
            long out = gpu.allocate(16);
            assertThatThrownBy(() -> gpu.launch(new Kernel("k", "k"), new Grid(2, 1, 1, 1, 64), out))
                    .isInstanceOf(Fault.class)
                    .hasMessageContaining("thread 0 of block 0 wrote");
        }
    }

    @Test
    void a_random_schedule_also_draws_the_order_of_blocks() {
        String text = TABLE.replace("k_out)", "k_out)\n.maxntid 1, 1, 1")
                .replace(
                        "st.global.v2.u32 [%q0+8], {%r1, %r2};",
                        "mov.u32 %r1, %ctaid.x;\n" + "mad.wide.u32 %q1, %r1, 4, %q0;\nst.global.u32 [%q1+16], %r0;")
                .replace("st.global.f32 [%q0], %f0;", "")
                .replace("st.global.u32 [%q0+4], %r0;", "");
        PtxModule module = PtxModule.parse("k.ptx", text);
        int[] turns = new int[8];
        try (Simulator gpu = new Simulator(Options.defaults().with(Schedule.random(1)), _ -> module)) {
            long out = gpu.allocate(16 + 32);
            gpu.launch(new Kernel("k", "k"), new Grid(8, 1, 1, 1, 64), out);
            gpu.download(out + 16, MemorySegment.ofArray(turns));
        }
        assertThat(turns).containsExactlyInAnyOrder(7, 8, 9, 10, 11, 12, 13, 14);
        assertThat(turns).isNotEqualTo(new int[] {7, 8, 9, 10, 11, 12, 13, 14});
    }

    @Test
    void the_host_may_not_leave_an_allocation_either() {
        try (Simulator gpu = new Simulator()) {
            long a = gpu.allocate(64);
            byte[] seventy = new byte[70];
            assertThatThrownBy(() -> gpu.upload(MemorySegment.ofArray(seventy), a))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("upload: 70 bytes at 0x1000000000 are in no allocation");
            gpu.fill(a, (byte) 3, 64);
            long b = gpu.allocate(64);
            gpu.copy(a, b, 64);
            byte[] read = new byte[64];
            gpu.download(b, MemorySegment.ofArray(read));
            assertThat(read).containsOnly(3);
            gpu.free(a);
            assertThatThrownBy(() -> gpu.copy(a, b, 4)).hasMessageContaining("allocation 1 (freed)");
            assertThatThrownBy(() -> gpu.free(a)).hasMessageContaining("expected what allocate returned");
            assertThatThrownBy(() -> gpu.allocate(1L << 50)).isInstanceOf(OutOfDeviceMemoryException.class);
        }
    }
}
