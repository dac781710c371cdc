package dev.gradine.cuda.sim;

/// `mma.sync.aligned.m16n8kK.row.col.f32.T.T.f32`: D = A·B + C of one warp, as tensor cores compute it.
///
/// With g = lane / 4 and t = lane % 4, a 16-bit element of register r and half h lies at
///
/// ```
/// A  row g + 8·(r odd)    column 2t + h + 8·(r ≥ 2)
/// B  row 2t + h + 8·r     column g
/// ```
///
/// a tf32 element of register r at
///
/// ```
/// A  row g + 8·(r odd)    column t + 4·(r ≥ 2)
/// B  row t + 4·r          column g
/// ```
///
/// and an f32 element of register r of C and D at row g + 8·(r ≥ 2), column 2t + (r odd). PTX ISA 9.1, "Matrix
/// Fragments for mma".
///
/// PTX leaves order and rounding open. Here, after MMA-Sim's measurements (arXiv:2511.10909): the products of one step
/// and C are aligned to the largest exponent among them, the bits that leave on the right are dropped, what is left is
/// summed exactly, and the sum is truncated to f32. The exponent of a product is the sum of its factors' exponents,
/// that
/// of a zero is −126.
final class Mma {

    /// What a card's generation does.
    ///
    /// @param fractionBits bits kept to the right of the point after alignment
    /// @param stepBytes bytes of a row of A that one step takes
    record Model(int fractionBits, int stepBytes) {
        /// sm_80 and sm_86.
        static final Model AMPERE = new Model(24, 16);
        /// sm_90.
        static final Model HOPPER = new Model(25, 32);

        /// The model of a compute capability.
        static Model of(int capability) {
            return capability < 90 ? AMPERE : HOPPER;
        }
    }

    /// Element type of A and B.
    enum Element {
        BF16(2, 7),
        F16(2, 10),
        TF32(4, 10);

        private final int bytes;
        private final int fraction;

        Element(int bytes, int fraction) {
            this.bytes = bytes;
            this.fraction = fraction;
        }
    }

    private static final int M = 16;
    private static final int N = 8;
    private static final int MAX_K = 16;
    /// Exponent that stands for an infinity or NaN among the factors.
    private static final int NOT_FINITE = 1 << 20;

    private final Element type;
    private final int k;
    private final int step;
    private final int fractionBits;
    /// Signed significands and exponents: row of A by k, column of B by k. Value = s · 2^(e − fraction).
    private final int[] as = new int[M * MAX_K];
    private final int[] ae = new int[M * MAX_K];
    private final int[] bs = new int[N * MAX_K];
    private final int[] be = new int[N * MAX_K];
    private final float[] acc = new float[M * N];

    /// An instruction of one shape; not for several Java threads at once.
    ///
    /// @param k 16 or 8; 8 for tf32
    /// @throws IllegalArgumentException if no instruction has that shape
    Mma(Element type, int k, Model model) {
        if (k != 8 && (k != 16 || type == Element.TF32)) {
            throw new IllegalArgumentException(
                    "mma: k is " + k + " for " + type + ", expected 8" + (type == Element.TF32 ? "" : " or 16"));
        }
        this.type = type;
        this.k = k;
        this.step = Math.min(k, model.stepBytes() / type.bytes);
        this.fractionBits = model.fractionBits();
    }

    /// Registers that hold a warp's part of A.
    int registersOfA() {
        return type == Element.TF32 ? 4 : k / 4;
    }

    /// Registers that hold a warp's part of B.
    int registersOfB() {
        return registersOfA() / 2;
    }

    /// Computes `d` from `a`, `b`, `c`: registers by lanes. `d` may be `c`.
    void multiply(int[][] a, int[][] b, int[][] c, int[][] d) {
        boolean finite = load(a, b);
        for (int r = 0; r < 4; r++) {
            for (int lane = 0; lane < 32; lane++) acc[output(r, lane)] = Float.intBitsToFloat(c[r][lane]);
        }
        for (int from = 0; from < k; from += step) {
            for (int i = 0; i < M; i++) {
                for (int n = 0; n < N; n++) accumulate(i, n, from, finite);
            }
        }
        for (int r = 0; r < 4; r++) {
            for (int lane = 0; lane < 32; lane++) d[r][lane] = Floats.bits(acc[output(r, lane)]);
        }
    }

    private static int output(int r, int lane) {
        return ((lane >> 2) + ((r & 2) << 2)) * N + ((lane & 3) << 1) + (r & 1);
    }

    private boolean load(int[][] a, int[][] b) {
        int largest = 0;
        for (int r = 0; r < registersOfA(); r++) {
            for (int lane = 0; lane < 32; lane++) {
                int row = (lane >> 2) + ((r & 1) << 3);
                largest = Math.max(largest, split(a[r][lane], row * MAX_K + column(r >> 1, lane & 3), as, ae));
            }
        }
        for (int r = 0; r < registersOfB(); r++) {
            for (int lane = 0; lane < 32; lane++) {
                largest = Math.max(largest, split(b[r][lane], (lane >> 2) * MAX_K + column(r, lane & 3), bs, be));
            }
        }
        return largest < NOT_FINITE;
    }

    private int column(int r, int t) {
        return type == Element.TF32 ? t + (r << 2) : (t << 1) + (r << 3);
    }

    /// Takes apart the one or two values of a register and returns the larger exponent.
    private int split(int bits, int at, int[] s, int[] e) {
        return switch (type) {
            case TF32 -> put(bits >> 31, (bits >>> 23) & 255, (bits >>> 13) & 1023, at, s, e);
            case BF16 ->
                Math.max(
                        put((bits << 16) >> 31, (bits >>> 7) & 255, bits & 127, at, s, e),
                        put(bits >> 31, (bits >>> 23) & 255, (bits >>> 16) & 127, at + 1, s, e));
            case F16 ->
                Math.max(
                        put((bits << 16) >> 31, (bits >>> 10) & 31, bits & 1023, at, s, e),
                        put(bits >> 31, (bits >>> 26) & 31, (bits >>> 16) & 1023, at + 1, s, e));
        };
    }

    private int put(int sign, int exponent, int fraction, int at, int[] s, int[] e) {
        int top = type == Element.F16 ? 31 : 255;
        int significand = exponent == 0 ? fraction : fraction | (1 << type.fraction);
        s[at] = (significand ^ sign) - sign;
        e[at] = exponent == top ? NOT_FINITE : Math.max(exponent, 1) - (top >> 1);
        return e[at];
    }

    private void accumulate(int i, int n, int from, boolean finite) {
        float c = acc[i * N + n];
        if (!finite || !Float.isFinite(c)) {
            acc[i * N + n] = specialOr(i, n, from, c);
            return;
        }
        acc[i * N + n] = dot(i, n, from, c);
    }

    private float dot(int i, int n, int from, float c) {
        int a = i * MAX_K + from;
        int b = n * MAX_K + from;
        int cBits = Float.floatToRawIntBits(c);
        int ce = Math.max((cBits >>> 23) & 255, 1) - 127;
        int largest = ce; // never below the exponent of a zero
        for (int j = 0; j < step; j++) {
            if (as[a + j] * bs[b + j] != 0) largest = Math.max(largest, ae[a + j] + be[b + j]);
        }
        int left = fractionBits - 2 * type.fraction;
        long sum = 0;
        for (int j = 0; j < step; j++) {
            int p = as[a + j] * bs[b + j];
            int sign = p >> 31;
            int magnitude = ((p ^ sign) - sign) << left;
            int kept = magnitude >>> Math.min(largest - ae[a + j] - be[b + j], 31);
            sum += (kept ^ sign) - sign;
        }
        int significand = (cBits & 0x7f_ffff) | ((cBits & 0x7f80_0000) == 0 ? 0 : 0x80_0000);
        int kept = (significand << (fractionBits - 23)) >>> Math.min(largest - ce, 31);
        sum += cBits < 0 ? -kept : kept;
        return truncate(sum, largest - fractionBits);
    }

    /// sum · 2^exponent as f32, towards zero; what f32 cannot hold is infinite.
    private static float truncate(long sum, int exponent) {
        double exact = sum * Double.longBitsToDouble((exponent + 1023L) << 52);
        float nearest = (float) exact;
        if (Math.abs((double) nearest) > Math.abs(exact) && Math.abs(exact) < 0x1p128) {
            return Float.intBitsToFloat(Float.floatToRawIntBits(nearest) - 1);
        }
        return nearest;
    }

    /// Infinities and NaN among the terms decide; without any in this row and column the sum is an ordinary
    /// one.
    private float specialOr(int i, int n, int from, float c) {
        float special = Float.isFinite(c) ? 0 : c;
        for (int j = from; j < from + step; j++) {
            int x = i * MAX_K + j;
            int y = n * MAX_K + j;
            if (ae[x] == NOT_FINITE || be[y] == NOT_FINITE) special += factor(as[x], ae[x]) * factor(bs[y], be[y]);
        }
        return special == 0 ? dot(i, n, from, c) : special;
    }

    /// A stand-in with the sign and the kind of a factor.
    private float factor(int s, int e) {
        if (e != NOT_FINITE) return Integer.signum(s);
        return Math.abs(s) == 1 << type.fraction ? Integer.signum(s) * Float.POSITIVE_INFINITY : Float.NaN;
    }
}
