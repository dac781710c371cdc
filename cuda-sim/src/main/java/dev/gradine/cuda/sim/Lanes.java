package dev.gradine.cuda.sim;

/// Steps from operations on whole arrays of 32 lanes.
///
/// An operation computes all lanes, which the compiler turns into vector instructions; where some lanes do not take
/// part, it computes into spare lanes and the others keep what they had. So an operation must be harmless for any
/// value.
final class Lanes {

    private static final int N = Warp.LANES;

    private Lanes() {}

    /// d = f(a), 32 bits.
    @FunctionalInterface
    interface Int1 {
        void of(int[] d, int[] a);
    }

    /// d = f(a, b), 32 bits.
    @FunctionalInterface
    interface Int2 {
        void of(int[] d, int[] a, int[] b);
    }

    /// d = f(a, b, c), 32 bits.
    @FunctionalInterface
    interface Int3 {
        void of(int[] d, int[] a, int[] b, int[] c);
    }

    /// d = f(a), 64 bits.
    @FunctionalInterface
    interface Long1 {
        void of(long[] d, long[] a);
    }

    /// d = f(a, b), 64 bits.
    @FunctionalInterface
    interface Long2 {
        void of(long[] d, long[] a, long[] b);
    }

    /// d = f(a, b, c), 64 bits.
    @FunctionalInterface
    interface Long3 {
        void of(long[] d, long[] a, long[] b, long[] c);
    }

    /// 64 bits from 32.
    @FunctionalInterface
    interface Widen {
        void of(long[] d, int[] a);
    }

    /// 32 bits from 64.
    @FunctionalInterface
    interface Narrowing {
        void of(int[] d, long[] a);
    }

    static Step step(int d, int a, Int1 f) {
        return (w, mask) -> {
            int[] to = w.begin(d, mask);
            f.of(to, w.r[a]);
            w.end(d, mask);
        };
    }

    static Step step(int d, int a, int b, Int2 f) {
        return (w, mask) -> {
            int[] to = w.begin(d, mask);
            f.of(to, w.r[a], w.r[b]);
            w.end(d, mask);
        };
    }

    static Step step(int d, int[] s, Int3 f) {
        int a = s[0];
        int b = s[1];
        int c = s[2];
        return (w, mask) -> {
            int[] to = w.begin(d, mask);
            f.of(to, w.r[a], w.r[b], w.r[c]);
            w.end(d, mask);
        };
    }

    static Step longs(int d, int a, Long1 f) {
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            f.of(to, w.q[a]);
            w.endLong(d, mask);
        };
    }

    static Step longs(int d, int a, int b, Long2 f) {
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            f.of(to, w.q[a], w.q[b]);
            w.endLong(d, mask);
        };
    }

    static Step longs(int d, int[] s, Long3 f) {
        int a = s[0];
        int b = s[1];
        int c = s[2];
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            f.of(to, w.q[a], w.q[b], w.q[c]);
            w.endLong(d, mask);
        };
    }

    static Step widen(int d, int a, Widen f) {
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            f.of(to, w.r[a]);
            w.endLong(d, mask);
        };
    }

    static Step shorten(int d, int a, Narrowing f) {
        return (w, mask) -> {
            int[] to = w.begin(d, mask);
            f.of(to, w.q[a]);
            w.end(d, mask);
        };
    }

    /// One lane of an operation that is rare enough to be called lane by lane.
    @FunctionalInterface
    interface OneInt1 {
        int of(int a);
    }

    /// One lane of two sources.
    @FunctionalInterface
    interface OneInt2 {
        int of(int a, int b);
    }

    /// One lane of three sources.
    @FunctionalInterface
    interface OneInt3 {
        int of(int a, int b, int c);
    }

    static Int1 each(OneInt1 f) {
        return (d, a) -> {
            for (int i = 0; i < N; i++) d[i] = f.of(a[i]);
        };
    }

    static Int2 each(OneInt2 f) {
        return (d, a, b) -> {
            for (int i = 0; i < N; i++) d[i] = f.of(a[i], b[i]);
        };
    }

    static Int3 each(OneInt3 f) {
        return (d, a, b, c) -> {
            for (int i = 0; i < N; i++) d[i] = f.of(a[i], b[i], c[i]);
        };
    }

    /// An operation on 32 bits as one on 16: sources extended first, zeros above the result.
    static Int1 narrow(boolean isSigned, Int1 f) {
        return (d, a) -> {
            int[] x = new int[N];
            extend(x, a, isSigned);
            f.of(d, x);
            cut(d);
        };
    }

    static Int2 narrow(boolean isSigned, Int2 f) {
        return (d, a, b) -> {
            int[] x = new int[N];
            int[] y = new int[N];
            extend(x, a, isSigned);
            extend(y, b, isSigned);
            f.of(d, x, y);
            cut(d);
        };
    }

    static Int3 narrow(boolean isSigned, Int3 f) {
        return (d, a, b, c) -> {
            int[] x = new int[N];
            int[] y = new int[N];
            int[] z = new int[N];
            extend(x, a, isSigned);
            extend(y, b, isSigned);
            extend(z, c, isSigned);
            f.of(d, x, y, z);
            cut(d);
        };
    }

    private static void extend(int[] x, int[] a, boolean isSigned) {
        for (int i = 0; i < N; i++) x[i] = isSigned ? (short) a[i] : a[i] & 0xffff;
    }

    private static void cut(int[] d) {
        for (int i = 0; i < N; i++) d[i] &= 0xffff;
    }
}
