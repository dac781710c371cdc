package dev.gradine.tensor;

import java.util.HashMap;
import java.util.Map;

/// The random numbers that PyTorch draws on a CPU from a seed. Files that name a seed in the place of values, such as
/// VeRA's projections and FourierFT's positions, mean these.
///
/// The bits are those of the Mersenne twister MT19937, Matsumoto & Nishimura 1998 (doi:10.1145/272991.272995), seeded
/// by the low half of the seed. With r the next 32 bits and q the next 64, the first 32 of them highest:
///
/// ```
/// uniform, f32     (r mod 2²⁴) / 2²⁴ · (b − a) + a, rounded to f32 twice: b − a and the whole; b becomes a
/// uniform, f64     (q mod 2⁵³) / 2⁵³
/// permutation      i = 0 … n − 2: swap place i with place i + r mod (n − i)
/// normal           two uniform values u, v: √(−2 ln(1 − u)) · cos 2πv, and the same with sin
/// ```
///
/// Uniform values and permutations are PyTorch's bit for bit, normal ones up to the rounding of its sine and logarithm.
public final class TorchRandom {

    private static final int STATE = 624;
    private static final int FAR = 397;
    private static final int LONG_FROM = 0xCCCCCCC; // longer permutations are drawn from 64 bits: 2³² / 20
    private static final int PAIRS = 16; // so many normal values are made together

    private final int[] state = new int[STATE];
    private int next = STATE;

    /// The generator that `torch.Generator().manual_seed(seed)` is.
    public TorchRandom(long seed) {
        state[0] = (int) seed;
        for (int i = 1; i < STATE; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
    }

    /// The next 32 bits.
    public int bits() {
        if (next == STATE) twist();
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    private void twist() {
        for (int i = 0; i < STATE; i++) {
            int joined = (state[i] & 0x80000000) | (state[(i + 1) % STATE] & 0x7fffffff);
            state[i] = state[(i + FAR) % STATE] ^ (joined >>> 1) ^ ((joined & 1) * 0x9908b0df);
        }
        next = 0;
    }

    private long wide() {
        long high = Integer.toUnsignedLong(bits());
        return high << 32 | Integer.toUnsignedLong(bits());
    }

    /// One value of [0, 1), of 53 random bits.
    public double uniform() {
        return (wide() & (1L << 53) - 1) * 0x1p-53;
    }

    /// Values of [`from`, `to`), of 24 random bits each.
    public float[] uniform(int n, float from, float to) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            float value = Math.fma((bits() & (1 << 24) - 1) * 0x1p-24f, to - from, from);
            values[i] = value == to ? from : value;
        }
        return values;
    }

    /// Normally distributed values around 0 with deviation 1, as `torch.randn(n)` gives them to a fresh generator.
    public float[] normal(int n) {
        if (n < PAIRS) return few(n);
        float[] values = uniform(n, 0, 1);
        for (int at = 0; at + PAIRS <= n; at += PAIRS) toNormal(values, at);
        if (n % PAIRS != 0) {
            System.arraycopy(uniform(PAIRS, 0, 1), 0, values, n - PAIRS, PAIRS);
            toNormal(values, n - PAIRS);
        }
        return values;
    }

    /// Value j of sixteen is u of its pair, value j + 8 is v.
    private static void toNormal(float[] values, int at) {
        for (int u = at; u < at + PAIRS / 2; u++) {
            int v = u + PAIRS / 2;
            double r = Math.sqrt(-2 * (float) Math.log(1 - values[u])); // torch rounds each step to f32
            float angle = (float) (2 * Math.PI) * values[v];
            values[u] = (float) (r * Math.cos(angle));
            values[v] = (float) (r * Math.sin(angle));
        }
    }

    /// Fewer than sixteen are made in f64, v before u.
    private float[] few(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i += 2) {
            double angle = 2 * Math.PI * uniform();
            double r = Math.sqrt(-2 * Math.log1p(-uniform()));
            values[i] = (float) (r * Math.cos(angle));
            if (i + 1 < n) values[i + 1] = (float) (r * Math.sin(angle));
        }
        return values;
    }

    /// The first `few` numbers of a random order of 0 … n − 1: `torch.randperm(n)[:few]`.
    ///
    /// @throws IllegalArgumentException if there are not so many
    public long[] permutation(long n, int few) {
        if (few < 0 || few > n) {
            throw new IllegalArgumentException("permutation: first %d of %d, expected 0 to %d".formatted(few, n, n));
        }
        return n < LONG_FROM ? swapped(n, few) : insideOut(n, few);
    }

    /// Only places that a swap has changed are kept.
    private long[] swapped(long n, int few) {
        Map<Long, Long> changed = new HashMap<>();
        long[] first = new long[few];
        for (int i = 0; i < few; i++) {
            long place = i + Integer.toUnsignedLong(bits()) % (n - i);
            first[i] = changed.getOrDefault(place, place);
            changed.put(place, changed.getOrDefault((long) i, (long) i));
        }
        return first;
    }

    /// The order PyTorch makes of very many: number i goes to a random place up to i, what was there moves to place i.
    private long[] insideOut(long n, int few) {
        long[] first = new long[few];
        for (long i = 0; i < n; i++) {
            long place = Long.remainderUnsigned(wide(), i + 1);
            if (i < few) first[(int) i] = first[(int) place];
            if (place < few) first[(int) place] = i;
        }
        return first;
    }
}
