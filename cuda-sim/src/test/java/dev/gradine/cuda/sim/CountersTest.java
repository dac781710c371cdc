package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Instructions, sectors and bank conflicts are counted as a GPU counts them, known by hand.
final class CountersTest {

    private static final Kernel KERNEL = new Kernel("k", "k");

    /// One block of 32 threads; thread t accesses address t · stride in global or shared memory.
    private static Counters run(String access, int stride) {
        PtxModule module = PtxModule.parse("k.ptx", """
                .version 8.0
                .target sm_80
                .address_size 64
                .visible .entry k(.param .u64 p)
                {
                .shared .align 16 .b8 s[16384];
                .reg .b32 %%r<8>;
                .reg .b64 %%q<4>;
                mov.u32 %%r0, %%tid.x;
                mul.lo.s32 %%r1, %%r0, %d;
                ld.param.u64 %%q0, [p];
                cvt.u64.u32 %%q1, %%r1;
                add.s64 %%q0, %%q0, %%q1;
                mov.u32 %%r2, s;
                add.s32 %%r1, %%r1, %%r2;
                %s
                ret;
                }
                """.formatted(stride, access));
        try (Simulator gpu = new Simulator(Options.defaults(), _ -> module)) {
            long a = gpu.allocate(1 << 14);
            gpu.fill(a, (byte) 0, 1 << 14);
            gpu.launch(KERNEL, Grid.of(1, 32), a);
            return gpu.counters("k");
        }
    }

    @Test
    void instructions_are_counted_by_warp_and_by_thread() {
        Counters c = run("setp.lt.s32 %p, %r0, 3; @%p add.s32 %r3, %r0, 1;".replace("setp", ".reg .pred %p; setp"), 4);
        assertThat(c.launches()).isEqualTo(1);
        assertThat(c.work().instructions()).isEqualTo(10);
        assertThat(c.work().threadInstructions()).isEqualTo(9 * 32 + 3);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "4, 4", "8, 8", "32, 32", "128, 32"})
    void a_sector_of_32_bytes_is_counted_once(int stride, int sectors) {
        String type = stride == 1 ? "u8" : "u32";
        Counters c = run("ld.global.%s %%r4, [%%q0];".formatted(type), stride);
        assertThat(c.traffic().globalRequests()).isEqualTo(1);
        assertThat(c.traffic().globalSectors()).isEqualTo(sectors);
    }

    @ParameterizedTest
    @CsvSource({"4, 0", "8, 1", "12, 0", "16, 3", "128, 31", "132, 0"})
    void words_of_one_bank_conflict(int stride, int conflicts) {
        Counters c = run("st.shared.u32 [%r1], %r0;", stride);
        assertThat(c.traffic().sharedRequests()).isEqualTo(1);
        assertThat(c.traffic().sharedConflicts()).isEqualTo(conflicts);
    }

    @Test
    void wide_accesses_go_in_parts_and_equal_words_are_shared() {
        assertThat(run("st.shared.v4.u32 [%r1], {%r0, %r0, %r0, %r0};", 16)
                        .traffic()
                        .sharedConflicts())
                .isZero();
        assertThat(run("st.shared.v4.u32 [%r1], {%r0, %r0, %r0, %r0};", 32)
                        .traffic()
                        .sharedConflicts())
                .isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "80, 128, 32, 0, 16, threads",
        "80, 32, 32, 0, 32, blocks",
        "80, 256, 128, 0, 2, registers",
        "80, 256, 129, 0, 1, registers",
        "80, 128, 64, 48128, 3, shared memory",
        "90, 128, 64, 48128, 4, shared memory",
        "80, 128, 32, 200000, 0, shared memory",
    })
    void what_a_block_needs_limits_how_many_fit(
            int capability, int threads, int registers, int shared, int blocks, String limit) {
        assertThat(Occupancy.of(capability, threads, registers, shared))
                .isEqualTo(new Occupancy(blocks, blocks * Math.ceilDiv(threads, 32), limit));
    }

    @Test
    void the_block_of_the_last_launch_is_known() {
        Counters.Block block = run("st.global.u32 [%q0], %r0;", 4).block();
        assertThat(block).isEqualTo(new Counters.Block(32, 6, 16384));
        assertThat(block.occupancy(80).limit()).isEqualTo("shared memory");
    }
}
