package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.lanes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// `mma.sync` and `ldmatrix` as a kernel uses them: whole warps, registers in order, rows in shared memory.
final class TensorInstructionsTest {

    private static final String MMA = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
            + " {%f0, %f1, %f2, %f3}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%f4, %f5, %f6, %f7};\n";

    /// Of A column 0 holds the numbers of the rows, of B row 0 those of the columns, C is 1: D is row · column + 1.
    private static final String OUTER = """
            shr.u32 %r10, %tid, 2;
            cvt.rn.f32.u32 %f8, %r10;
            and.b32 %r11, %tid, 3;
            setp.eq.s32 %p0, %r11, 0;
            mov.b32 %f9, 0f00000000;
            cvt.rn.bf16x2.f32 %r0, %f9, %f8;
            add.f32 %f10, %f8, 0f41000000;
            cvt.rn.bf16x2.f32 %r1, %f9, %f10;
            cvt.rn.bf16x2.f32 %r4, %f9, %f8;
            @!%p0 mov.b32 %r0, 0;
            @!%p0 mov.b32 %r1, 0;
            @!%p0 mov.b32 %r4, 0;
            mov.b32 %r2, 0;
            mov.b32 %r3, 0;
            mov.b32 %r5, 0;
            mov.b32 %f4, 0f3F800000;
            mov.b32 %f5, %f4;
            mov.b32 %f6, %f4;
            mov.b32 %f7, %f4;
            """;

    @Test
    void a_product_of_a_column_and_a_row_lands_where_its_fragments_say() {
        for (int register = 0; register < 4; register++) {
            int[] d = lanes(32, OUTER + MMA + "cvt.rni.s32.f32 %d, %f" + register + ";");
            for (int lane = 0; lane < 32; lane++) {
                int row = lane / 4 + (register >= 2 ? 8 : 0);
                int column = 2 * (lane % 4) + register % 2;
                assertThat(d[lane]).as("register %d of lane %d", register, lane).isEqualTo(row * column + 1);
            }
        }
    }

    @Test
    void a_result_may_replace_its_addend() {
        String twice = OUTER
                + MMA.replace("{%f0, %f1, %f2, %f3}", "{%f4, %f5, %f6, %f7}").repeat(2);
        int[] d = lanes(32, twice + "cvt.rni.s32.f32 %d, %f7;");
        assertThat(d[31]).isEqualTo(2 * 15 * 7 + 1);
    }

    @Test
    void a_part_of_a_warp_cannot_multiply() {
        assertThatThrownBy(() -> lanes(16, OUTER + MMA)).isInstanceOf(Fault.class);
        assertThatThrownBy(() -> lanes(32, OUTER + "setp.lt.s32 %p1, %tid, 7;\n@%p1 " + MMA))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("lanes 0 to 6 execute mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
                        + " and lanes 7 to 31 do not");
    }

    /// Shared memory holds the 16-bit numbers 0, 1, 2 …: 32 rows of 8. Lane l gives the address of row l.
    private static final String ROWS = """
            mov.u32 %r8, s;
            shl.b32 %r9, %tid, 4;
            add.s32 %r9, %r9, %r8;
            shl.b32 %r10, %tid, 3;
            mad.lo.s32 %r10, %r10, 0x10001, 0x10000;
            add.s32 %r11, %r10, 0x20002;
            add.s32 %r12, %r10, 0x40004;
            add.s32 %r13, %r10, 0x60006;
            st.shared.v4.b32 [%r9], {%r10, %r11, %r12, %r13};
            bar.warp.sync -1;
            """;

    @Test
    void ldmatrix_hands_out_rows_or_columns() {
        String load = "ldmatrix.sync.aligned.m8n8.x4%s.shared.b16 {%%r0, %%r1, %%r2, %%r3}, [%%r9];\n";
        for (int i = 0; i < 4; i++) {
            int[] plain = lanes(32, ROWS + load.formatted("") + "mov.b32 %d, %r" + i + ";");
            int[] columns = lanes(32, ROWS + load.formatted(".trans") + "mov.b32 %d, %r" + i + ";");
            for (int l = 0; l < 32; l++) {
                int first = 64 * i + 8 * (l / 4) + 2 * (l % 4);
                assertThat(plain[l]).isEqualTo(first | (first + 1) << 16);
                int down = 64 * i + 8 * (2 * (l % 4)) + l / 4;
                assertThat(columns[l]).isEqualTo(down | (down + 8) << 16);
            }
        }
    }

    @Test
    void ldmatrix_wants_rows_of_16_aligned_bytes_that_were_written() {
        String load = "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r0}, [%r9];\n";
        assertThatThrownBy(() -> lanes(32, ROWS.replace("bar.warp.sync -1;", "add.s32 %r9, %r9, 8;") + load))
                .isInstanceOf(Fault.class)
                .hasMessageContaining("an address that is a multiple of 16");
        assertThatThrownBy(() -> lanes(32, "mov.u32 %r9, s;\n" + load)).hasMessageContaining("nobody has written");
        assertThatThrownBy(() -> lanes(32, ROWS.replace("bar.warp.sync -1;", "xor.b32 %r9, %r9, 16;") + load))
                .hasMessageContaining("race: ")
                .hasMessageContaining("expected bar.warp.sync or a barrier between the two");
    }

    /// What `ldmatrix` has read, `stmatrix` writes to the same place, in the same four registers.
    @Test
    void stmatrix_is_the_way_back() {
        String load = "ldmatrix.sync.aligned.m8n8.x4%s.shared.b16 {%%r0, %%r1, %%r2, %%r3}, [%%r9];\n";
        String store =
                "bar.warp.sync -1;\nstmatrix.sync.aligned.m8n8.x4%s.shared.b16 [%%r9+512], {%%r0, %%r1, %%r2, %%r3};\n";
        String read = "bar.warp.sync -1;\nld.shared.v4.b32 {%r20, %r21, %r22, %r23}, [%r9+512];\nmov.b32 %d, %r2";
        for (String trans : new String[] {"", ".trans"}) {
            for (int i = 0; i < 4; i++) {
                int[] words = lanes(32, ROWS + load.formatted(trans) + store.formatted(trans) + read + i + ";");
                for (int row = 0; row < 32; row++) {
                    assertThat(words[row]).isEqualTo((8 * row + 2 * i) | ((8 * row + 2 * i + 1) << 16));
                }
            }
            String other = trans.isEmpty() ? ".trans" : "";
            int[] turned = lanes(32, ROWS + load.formatted(trans) + store.formatted(other) + read + "0;");
            for (int row = 0; row < 32; row++) {
                int first = row / 8 * 64 + row % 8;
                assertThat(turned[row]).isEqualTo(first | ((first + 8) << 16));
            }
        }
    }

    @Test
    void what_stmatrix_has_written_others_read_after_they_have_met() {
        String store = "stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r9], {%tid};\n";
        String read = "xor.b32 %r9, %r9, 16;\nsetp.lt.u32 %p1, %tid, 8;\n@%p1 ld.shared.u32 %d, [%r9];";
        String address = "shl.b32 %r9, %tid, 4;\nmov.u32 %r8, s;\nadd.u32 %r9, %r9, %r8;\n";
        assertThat(lanes(32, address + store + "bar.warp.sync -1;\n" + read)).startsWith(4, 0, 12, 8);
        assertThatThrownBy(() -> lanes(32, address + store + read))
                .hasMessageContaining("race: reads 4 bytes of shared memory at 0x10 that thread 1 wrote");
    }
}
