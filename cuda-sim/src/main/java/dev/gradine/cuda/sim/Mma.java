package dev.gradine.cuda.sim;

import java.util.Arrays;

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
/// summed exactly, and the sum is truncated to f32. The exponent of a product is the sum of its factors'
/// exponents, that of a zero is −126.
final class Mma {

    /// What a GPU's generation does.
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
    private static final int OUTPUTS = M * N;
    private static final int MAX_K = 16;
    /// Products that an int can hold the sum of.
    private static final int HALF = 8;
    /// Exponent of an infinity or NaN, and of a zero, which is below that of anything else.
    private static final int NOT_FINITE = 1 << 14;

    private static final int NOTHING = -1 << 12;

    private final Element type;
    private final int k;
    private final int step;
    private final int fractionBits;
    /// A by k and row, B by k and column: the exponent above 16 bits of signed significand.
    private final int[] a = new int[MAX_K * M];
    private final int[] b = new int[MAX_K * N];
    /// The outputs by column and row.
    private final float[] acc = new float[OUTPUTS];
    /// Of each output: the largest exponent, sums of the products of either half of a step.
    private final int[] largest = new int[OUTPUTS];

    private final int[] sum = new int[OUTPUTS];
    private final int[] sum2 = new int[OUTPUTS];
    /// Factors and products of a step, by k and output.
    private final int[] left = new int[MAX_K * OUTPUTS];
    private final int[] right = new int[MAX_K * OUTPUTS];

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
        for (int from = 0; from < k; from += step) accumulate(from, finite);
        for (int r = 0; r < 4; r++) {
            for (int lane = 0; lane < 32; lane++) d[r][lane] = Floats.bits(acc[output(r, lane)]);
        }
    }

    private static int output(int r, int lane) {
        int row = (lane >> 2) + ((r & 2) << 2);
        int column = ((lane & 3) << 1) + (r & 1);
        return column * M + row;
    }

    private boolean load(int[][] ra, int[][] rb) {
        int top = NOTHING;
        for (int r = 0; r < registersOfA(); r++) {
            for (int lane = 0; lane < 32; lane++) {
                int row = (lane >> 2) + ((r & 1) << 3);
                top = Math.max(top, split(ra[r][lane], column(r >> 1, lane & 3) * M + row, M, a));
            }
        }
        for (int r = 0; r < registersOfB(); r++) {
            for (int lane = 0; lane < 32; lane++) {
                top = Math.max(top, split(rb[r][lane], column(r, lane & 3) * N + (lane >> 2), N, b));
            }
        }
        return top >> 16 < NOT_FINITE;
    }

    private int column(int r, int t) {
        return type == Element.TF32 ? t + (r << 2) : (t << 1) + (r << 3);
    }

    /// Takes apart the one or two values of a register and returns the one of the larger exponent.
    private int split(int bits, int at, int next, int[] to) {
        switch (type) {
            case TF32 -> to[at] = pack(bits, 8, bits >>> 13);
            case BF16 -> {
                to[at] = pack(bits << 16, 8, bits);
                to[at + next] = pack(bits, 8, bits >>> 16);
            }
            case F16 -> {
                to[at] = pack(bits << 16, 5, bits);
                to[at + next] = pack(bits, 5, bits >>> 16);
            }
        }
        return type == Element.TF32 ? to[at] : Math.max(to[at], to[at + next]);
    }

    /// @param bits the value from its sign on
    /// @param fraction its fraction, with other bits above
    private int pack(int bits, int exponentBits, int fraction) {
        int top = (1 << exponentBits) - 1;
        int exponent = (bits >>> (31 - exponentBits)) & top;
        int significand = fraction & ((1 << type.fraction) - 1);
        if (exponent != 0) significand |= 1 << type.fraction;
        int sign = bits >> 31;
        int e = exponent == top ? NOT_FINITE : significand == 0 ? NOTHING : Math.max(exponent, 1) - (top >> 1);
        return (e << 16) | (((significand ^ sign) - sign) & 0xffff);
    }

    private void accumulate(int from, boolean finite) {
        expand(from);
        products(left, right, step * OUTPUTS);
        boolean special = !startSums();
        for (int j = 0; j < step; j++) raise(largest, right, j * OUTPUTS);
        addC();
        int shift = fractionBits - 2 * type.fraction;
        for (int j = 0; j < step; j++) add(j < HALF ? sum : sum2, left, right, largest, j * OUTPUTS, shift);
        for (int o = 0; o < OUTPUTS; o++) {
            float c = acc[o];
            acc[o] = truncate((double) sum[o] + sum2[o], largest[o] - fractionBits);
            if (special || !finite) acc[o] = specialOr(o, from, c, acc[o]);
        }
    }

    /// Every factor where each output finds it, so that all that follows is arithmetic on whole arrays.
    private void expand(int from) {
        for (int j = 0; j < step; j++) {
            for (int n = 0; n < N; n++) {
                int to = j * OUTPUTS + n * M;
                System.arraycopy(a, (from + j) * M, left, to, M);
                Arrays.fill(right, to, to + M, b[(from + j) * N + n]);
            }
        }
    }

    /// Replaces factors by the significand and the exponent of their product.
    private static void products(int[] x, int[] y, int count) {
        for (int i = 0; i < count; i++) {
            int e = (x[i] >> 16) + (y[i] >> 16);
            x[i] = (short) x[i] * (short) y[i];
            y[i] = e;
        }
    }

    /// The exponent of C; whether all of C is finite.
    private boolean startSums() {
        int top = 0;
        for (int o = 0; o < OUTPUTS; o++) {
            int exponent = (Float.floatToRawIntBits(acc[o]) >>> 23) & 255;
            largest[o] = Math.max(exponent, 1) - 127;
            top = Math.max(top, exponent);
        }
        return top < 255;
    }

    private static void raise(int[] largest, int[] exponents, int from) {
        for (int o = 0; o < OUTPUTS; o++) largest[o] = Math.max(largest[o], exponents[from + o]);
    }

    private void addC() {
        for (int o = 0; o < OUTPUTS; o++) {
            int bits = Float.floatToRawIntBits(acc[o]);
            int exponent = (bits >>> 23) & 255;
            int significand = (bits & 0x7f_ffff) | ((-exponent >> 31) & 0x80_0000);
            int down = Math.min(largest[o] + 127 - Math.max(exponent, 1), 31);
            int kept = (significand << (fractionBits - 23)) >>> down;
            int sign = bits >> 31;
            sum[o] = (kept ^ sign) - sign;
            sum2[o] = 0;
        }
    }

    private static void add(int[] sum, int[] products, int[] exponents, int[] largest, int from, int shift) {
        for (int o = 0; o < OUTPUTS; o++) {
            int p = products[from + o];
            int sign = p >> 31;
            int magnitude = ((p ^ sign) - sign) << shift;
            int kept = magnitude >>> Math.min(largest[o] - exponents[from + o], 31);
            sum[o] += (kept ^ sign) - sign;
        }
    }

    /// sum · 2^exponent as f32, towards zero; what f32 cannot hold is infinite.
    private static float truncate(double sum, int exponent) {
        double exact = sum * Double.longBitsToDouble((exponent + 1023L) << 52);
        if (Math.abs(exact) < Float.MIN_NORMAL) return Rounding.ZERO.narrow(exact);
        return (float) Double.longBitsToDouble(Double.doubleToRawLongBits(exact) & (-1L << (52 - 23)));
    }

    /// Infinities and NaN among the terms of an output decide; without any the sum is an ordinary one.
    private float specialOr(int o, int from, float c, float ordinary) {
        float special = Float.isFinite(c) ? 0 : c;
        for (int j = from; j < from + step; j++) {
            int x = a[j * M + o % M];
            int y = b[j * N + o / M];
            if (x >> 16 == NOT_FINITE || y >> 16 == NOT_FINITE) special += factor(x) * factor(y);
        }
        return special == 0 ? ordinary : special;
    }

    /// A stand-in with the sign and the kind of a factor.
    private float factor(int packed) {
        short s = (short) packed;
        if (packed >> 16 != NOT_FINITE) return Integer.signum(s);
        return Math.abs(s) == 1 << type.fraction ? Integer.signum(s) * Float.POSITIVE_INFINITY : Float.NaN;
    }
}
