package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// A few instructions in a kernel around them that gives each thread three values and takes one back.
///
/// The values are in `%a %b %c` (32 bits) and `%wa %wb %wc` (64 bits), the result is expected in `%d` or
/// `%wd`. There are registers `%r0…`, `%q0…` (64 bits), `%h0…` (16 bits), `%f0…`, `%g0…` (f64), `%p0…`,
/// and `%tid`.
final class Snippet {

    private static final String HEAD = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry snippet(.param .u64 out, .param .u64 in)
            {
            .reg .pred %p<8>;
            .reg .b16 %h<8>;
            .reg .b32 %r<32>;
            .reg .f32 %f<16>;
            .reg .b64 %q<16>;
            .reg .f64 %g<4>;
            .reg .b32 %a, %b, %c, %d, %tid;
            .reg .b64 %wa, %wb, %wc, %wd, %from, %to;
            .shared .align 16 .b8 s[4096];
            .local .align 8 .b8 l[64];
            ld.param.u64 %to, [out];
            ld.param.u64 %from, [in];
            mov.u32 %tid, %tid.x;
            mad.wide.u32 %from, %tid, 24, %from;
            mad.wide.u32 %to, %tid, 8, %to;
            ld.global.b64 %wa, [%from];
            ld.global.b64 %wb, [%from+8];
            ld.global.b64 %wc, [%from+16];
            cvt.u32.u64 %a, %wa;
            cvt.u32.u64 %b, %wb;
            cvt.u32.u64 %c, %wc;
            mov.b32 %d, 0;
            mov.b64 %wd, 0;
            """;

    private static final String TAIL = """
            st.global.b64 [%to], %wd;
            ret;
            }
            """;

    private Snippet() {}

    /// Lines of the text before the body.
    static int linesBefore() {
        return (int) HEAD.lines().count();
    }

    /// Runs `threads` threads of one block; thread i has the values `a[i]`, `b[i]`, `c[i]`.
    static long[] run(Options options, String body, long[]... abc) {
        int threads = abc[0].length;
        PtxModule module = PtxModule.parse("snippet.ptx", HEAD + body + "\n" + TAIL);
        try (Simulator gpu = new Simulator(options, _ -> module)) {
            long[] in = new long[3 * threads];
            for (int t = 0; t < threads; t++) for (int k = 0; k < abc.length; k++) in[3 * t + k] = abc[k][t];
            long from = gpu.allocate(8L * in.length);
            long to = gpu.allocate(8L * threads);
            gpu.upload(MemorySegment.ofArray(in), from);
            gpu.launch(new Kernel("snippet", "snippet"), Grid.of(1, threads), to, from);
            long[] out = new long[threads];
            gpu.download(to, MemorySegment.ofArray(out));
            return out;
        }
    }

    /// The same values in all threads of one full warp and one of eight lanes, which must agree; the result of 64 bits.
    static long wide(String body, long... abc) {
        long[][] values = new long[3][40];
        for (int k = 0; k < abc.length; k++) Arrays.fill(values[k], abc[k]);
        long[] out = run(Options.defaults(), body, values);
        for (long o : out) assertThat(o).isEqualTo(out[0]);
        return out[0];
    }

    /// The same for a result of 32 bits in `%d`.
    static int one(String body, long... abc) {
        return (int) wide(body + "\ncvt.u64.u32 %wd, %d;", abc);
    }

    /// The same for floats: sources in `%f1 %f2 %f3`, the result in `%f0`.
    static float single(String body, float... abc) {
        return Float.intBitsToFloat(bits(Options.defaults(), body, abc));
    }

    /// Bits of the result of `single`.
    static int bits(Options options, String body, float... abc) {
        long[][] values = new long[3][40];
        for (int k = 0; k < abc.length; k++) Arrays.fill(values[k], Float.floatToRawIntBits(abc[k]));
        String moves = "mov.b32 %f1, %a; mov.b32 %f2, %b; mov.b32 %f3, %c;\n";
        long[] out = run(options, moves + body + "\nmov.b32 %d, %f0; cvt.u64.u32 %wd, %d;", values);
        for (long o : out) assertThat(o).isEqualTo(out[0]);
        return (int) out[0];
    }

    /// The result `%d` of each of `threads` threads.
    static int[] lanes(int threads, String body) {
        long[] out = run(Options.defaults(), body + "\ncvt.u64.u32 %wd, %d;", new long[threads]);
        return Arrays.stream(out).mapToInt(o -> (int) o).toArray();
    }
}
