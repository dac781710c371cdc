package dev.gradine.cuda.sim;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Small kernels for Hopper, written by hand: what a product does with the copy engine, mbarriers and
/// `wgmma`.
final class HopperKernels {

    private static final String LOAD =
            "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes";

    private HopperKernels() {}

    private static String registers(int n) {
        return IntStream.range(0, n).mapToObj(i -> "%d" + i).collect(Collectors.joining(", ", "{", "}"));
    }

    /// `y f32[64 tiles, 64 tiles] = a b^T`, 128 threads per tile of 64 by 64; each step takes 64 along k
    /// into one buffer.
    static final String PRODUCT = """
            .version 8.0
            .target sm_90a
            .address_size 64
            .extern .shared .align 1024 .b8 smem[];
            .visible .entry product(
            .param .align 64 .b8 map_a[128],
            .param .align 64 .b8 map_b[128],
            .param .u64 out,
            .param .u32 steps
            )
            .maxntid 128, 1, 1
            {
            .reg .pred %p<8>;
            .reg .b32 %r<64>;
            .reg .f32 %d<32>;
            .reg .b64 %q<32>;
            mov.b64 %q0, map_a;
            mov.b64 %q1, map_b;
            cvta.param.u64 %q0, %q0;
            cvta.param.u64 %q1, %q1;
            ld.param.u64 %q2, [out];
            ld.param.u32 %r0, [steps];
            mov.u32 %r1, %tid.x;
            mov.u32 %r2, smem;
            add.u32 %r3, %r2, 8192;
            add.u32 %r4, %r2, 16384;
            setp.ne.u32 %p0, %r1, 0;
            @%p0 bra MADE;
            mbarrier.init.shared::cta.b64 [%r4], 1;
            fence.mbarrier_init.release.cluster;
            MADE:
            bar.sync 0;
            ZEROS
            mov.u32 %r5, 0;
            mov.u32 %r6, 0;
            mov.u32 %r7, %ctaid.x;
            shl.b32 %r7, %r7, 6;
            mov.u32 %r8, %ctaid.y;
            shl.b32 %r8, %r8, 6;
            shr.u32 %r9, %r2, 4;
            cvt.u64.u32 %q3, %r9;
            or.b64 %q3, %q3, 0x4000004000010000;
            shr.u32 %r9, %r3, 4;
            cvt.u64.u32 %q4, %r9;
            or.b64 %q4, %q4, 0x4000004000010000;
            STEP:
            @%p0 bra WAIT;
            shl.b32 %r10, %r5, 6;
            mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4], 16384;
            LOAD [%r2], [%q0, {%r10, %r7}], [%r4];
            LOAD [%r3], [%q1, {%r10, %r8}], [%r4];
            WAIT:
            mbarrier.try_wait.parity.shared::cta.b64 %p1, [%r4], %r6;
            @!%p1 bra WAIT;
            xor.b32 %r6, %r6, 1;
            wgmma.fence.sync.aligned;
            setp.eq.u32 %p2, 0, 0;
            PRODUCTS
            wgmma.commit_group.sync.aligned;
            wgmma.wait_group.sync.aligned 0;
            bar.sync 0;
            add.u32 %r5, %r5, 1;
            setp.lt.u32 %p3, %r5, %r0;
            @%p3 bra STEP;
            and.b32 %r11, %r1, 31;
            shr.u32 %r12, %r1, 5;
            shr.u32 %r13, %r11, 2;
            and.b32 %r14, %r11, 3;
            mad.lo.u32 %r15, %r12, 16, %r13;
            add.u32 %r15, %r15, %r7;
            mov.u32 %r16, %nctaid.y;
            shl.b32 %r16, %r16, 8;
            mul.wide.u32 %q10, %r15, %r16;
            add.u64 %q10, %q10, %q2;
            shl.b32 %r17, %r14, 1;
            add.u32 %r17, %r17, %r8;
            mul.wide.u32 %q11, %r17, 4;
            add.u64 %q10, %q10, %q11;
            mul.wide.u32 %q12, %r16, 8;
            add.u64 %q11, %q10, %q12;
            STORES
            ret;
            }
            """.replace("LOAD", LOAD)
            .replace("ZEROS", lines(32, "mov.b32 %%d%d, 0;"))
            .replace("PRODUCTS", products())
            .replace("STORES", stores());

    /// The same product by 256 threads: thread 0 keeps two buffers full, warps 4 to 7 multiply and send
    /// their tile of `y` from shared memory.
    static final String PIPELINE = """
            .version 8.0
            .target sm_90a
            .address_size 64
            .extern .shared .align 1024 .b8 smem[];
            .visible .entry pipeline(
            .param .align 64 .b8 map_a[128],
            .param .align 64 .b8 map_b[128],
            .param .align 64 .b8 map_y[128],
            .param .u32 steps
            )
            .maxntid 256, 1, 1
            .minnctapersm 1
            {
            .reg .pred %p<8>;
            .reg .b32 %r<64>;
            .reg .f32 %d<32>;
            .reg .b64 %q<32>;
            mov.b64 %q0, map_a;
            mov.b64 %q1, map_b;
            mov.b64 %q2, map_y;
            cvta.param.u64 %q0, %q0;
            cvta.param.u64 %q1, %q1;
            cvta.param.u64 %q2, %q2;
            prefetch.tensormap [%q0];
            ld.param.u32 %r0, [steps];
            mov.u32 %r1, %tid.x;
            mov.u32 %r2, smem;
            add.u32 %r4, %r2, 49152;
            mov.u32 %r7, %ctaid.x;
            shl.b32 %r7, %r7, 6;
            mov.u32 %r8, %ctaid.y;
            shl.b32 %r8, %r8, 6;
            mov.u32 %r5, 0;
            setp.ne.u32 %p0, %r1, 0;
            @%p0 bra MADE;
            mbarrier.init.shared::cta.b64 [%r4], 1;
            mbarrier.init.shared::cta.b64 [%r4+8], 1;
            mbarrier.init.shared::cta.b64 [%r4+16], 1;
            mbarrier.init.shared::cta.b64 [%r4+24], 1;
            fence.mbarrier_init.release.cluster;
            MADE:
            bar.sync 0;
            setp.ge.u32 %p1, %r1, 128;
            @%p1 bra CONSUME;
            setmaxnreg.dec.sync.aligned.u32 40;
            @%p0 bra END;
            FILL:
            and.b32 %r20, %r5, 1;
            shr.u32 %r21, %r5, 1;
            and.b32 %r21, %r21, 1;
            xor.b32 %r21, %r21, 1;
            mad.lo.u32 %r22, %r20, 16384, %r2;
            add.u32 %r23, %r22, 8192;
            mad.lo.u32 %r24, %r20, 8, %r4;
            EMPTY:
            mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r24+16], %r21;
            @!%p2 bra EMPTY;
            shl.b32 %r10, %r5, 6;
            mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r24], 16384;
            LOAD [%r22], [%q0, {%r10, %r7}], [%r24];
            LOAD [%r23], [%q1, {%r10, %r8}], [%r24];
            add.u32 %r5, %r5, 1;
            setp.lt.u32 %p3, %r5, %r0;
            @%p3 bra FILL;
            bra END;
            CONSUME:
            setmaxnreg.inc.sync.aligned.u32 232;
            setp.ne.u32 %p0, %r1, 128;
            ZEROS
            setp.eq.u32 %p4, 0, 0;
            STEP:
            and.b32 %r20, %r5, 1;
            shr.u32 %r21, %r5, 1;
            and.b32 %r21, %r21, 1;
            mad.lo.u32 %r22, %r20, 16384, %r2;
            mad.lo.u32 %r24, %r20, 8, %r4;
            shr.u32 %r9, %r22, 4;
            cvt.u64.u32 %q3, %r9;
            or.b64 %q3, %q3, 0x4000004000010000;
            add.u64 %q4, %q3, 512;
            FULL:
            mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r24], %r21;
            @!%p2 bra FULL;
            wgmma.fence.sync.aligned;
            PRODUCTS
            wgmma.commit_group.sync.aligned;
            wgmma.wait_group.sync.aligned 1;
            setp.eq.u32 %p5, %r5, 0;
            @%p5 bra NEXT;
            @%p0 bra NEXT;
            xor.b32 %r25, %r20, 1;
            mad.lo.u32 %r25, %r25, 8, %r4;
            mbarrier.arrive.shared::cta.b64 _, [%r25+16];
            NEXT:
            add.u32 %r5, %r5, 1;
            setp.lt.u32 %p3, %r5, %r0;
            @%p3 bra STEP;
            wgmma.wait_group.sync.aligned 0;
            and.b32 %r11, %r1, 31;
            shr.u32 %r12, %r1, 5;
            and.b32 %r12, %r12, 3;
            shr.u32 %r13, %r11, 2;
            and.b32 %r14, %r11, 3;
            mad.lo.u32 %r15, %r12, 16, %r13;
            mad.lo.u32 %r15, %r15, 256, %r2;
            mad.lo.u32 %r15, %r14, 8, %r15;
            add.u32 %r26, %r2, 32768;
            STAGE
            fence.proxy.async.shared::cta;
            bar.sync 1, 128;
            @%p0 bra END;
            cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%q2, {%r8, %r7}], [%r26];
            cp.async.bulk.commit_group;
            cp.async.bulk.wait_group.read 0;
            END:
            ret;
            }
            """.replace("LOAD", LOAD)
            .replace("ZEROS", lines(32, "mov.b32 %%d%d, 0;"))
            .replace("PRODUCTS", products().replace("%p2", "%p4"))
            .replace("STAGE", stage());

    private static String lines(int n, String line) {
        return IntStream.range(0, n).mapToObj(line::formatted).collect(Collectors.joining("\n"));
    }

    private static String products() {
        return IntStream.range(0, 4)
                .mapToObj(k -> "add.u64 %%q5, %%q3, %d;\nadd.u64 %%q6, %%q4, %d;\n".formatted(2 * k, 2 * k)
                        + "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " + registers(32)
                        + ", %q5, %q6, %p2, 1, 1, 0, 0;")
                .collect(Collectors.joining("\n"));
    }

    private static String stores() {
        return IntStream.range(0, 32)
                .mapToObj(i -> "st.global.f32 [%%q%d+%d], %%d%d;".formatted(10 + i / 2 % 2, i / 4 * 32 + i % 2 * 4, i))
                .collect(Collectors.joining("\n"));
    }

    private static String stage() {
        return IntStream.range(0, 32)
                .mapToObj(i -> "st.shared.f32 [%%r15+%d], %%d%d;"
                        .formatted(32768 + i / 2 % 2 * 2048 + i / 4 * 32 + i % 2 * 4, i))
                .collect(Collectors.joining("\n"));
    }
}
