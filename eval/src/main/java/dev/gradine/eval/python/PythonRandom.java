package dev.gradine.eval.python;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Random numbers of CPython's `random.Random(seed)`: the Mersenne twister MT19937, and what Python
/// makes of it.
///
/// ```
/// getrandbits(b) = next >>> (32 − b)            randbelow(n): getrandbits(bits of n) until it is below n
/// random()       = ((next >>> 5) · 2²⁶ + (next >>> 6)) / 2⁵³
/// ```
///
/// Matsumoto & Nishimura 1998, section 3; `Modules/_randommodule.c` and `Lib/random.py` say the rest.
/// Few-shot examples are drawn with it, so that a prompt here is the prompt there.
public final class PythonRandom {

    private static final int N = 624;
    private static final int M = 397;
    private static final int POOL = 21; // a list of so many is copied rather than a set kept of what was drawn

    private final int[] state = new int[N];
    private int at = N;

    /// @param seed at least 0
    public PythonRandom(long seed) {
        if (seed < 0) throw new IllegalArgumentException("random: seed is " + seed + ", expected at least 0");
        byArray(seed >>> 32 == 0 ? new int[] {(int) seed} : new int[] {(int) seed, (int) (seed >>> 32)});
    }

    private void bySeed(int seed) {
        state[0] = seed;
        for (int i = 1; i < N; i++) state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }

    /// `init_by_array` of the reference implementation.
    private void byArray(int[] key) {
        bySeed(19650218);
        int i = 1;
        int j = 0;
        for (int k = Math.max(N, key.length); k > 0; k--) {
            state[i] = (state[i] ^ (mixed(i) * 1664525)) + key[j] + j;
            j = (j + 1) % key.length;
            i = following(i);
        }
        for (int k = N - 1; k > 0; k--) {
            state[i] = (state[i] ^ (mixed(i) * 1566083941)) - i;
            i = following(i);
        }
        state[0] = 0x80000000;
    }

    private int mixed(int i) {
        return state[i - 1] ^ (state[i - 1] >>> 30);
    }

    /// The next place from 1 on; the last value is carried over to the front.
    private int following(int i) {
        if (i + 1 < N) return i + 1;
        state[0] = state[N - 1];
        return 1;
    }

    private int next() {
        if (at == N) twist();
        int y = state[at++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    private void twist() {
        for (int i = 0; i < N; i++) {
            int y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
            state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
        }
        at = 0;
    }

    /// A number of `bits` random bits, 1 to 32.
    public long bits(int bits) {
        return (next() & 0xffffffffL) >>> (32 - bits);
    }

    /// A number in [0, 1) of 53 random bits.
    public double uniform() {
        long high = (next() & 0xffffffffL) >>> 5;
        long low = (next() & 0xffffffffL) >>> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }

    /// A number below `n`, each as likely.
    public int below(int n) {
        int bits = 32 - Integer.numberOfLeadingZeros(n);
        long drawn = bits(bits);
        while (drawn >= n) drawn = bits(bits);
        return (int) drawn;
    }

    /// `sample(population, k)`: `k` members of `population`, each once, in the order they were drawn.
    ///
    /// @throws IllegalArgumentException if there are fewer than `k`
    public <T> List<T> sample(List<T> population, int k) {
        int n = population.size();
        if (k > n) throw new IllegalArgumentException("random: %d of %d are wanted".formatted(k, n));
        List<T> drawn = new ArrayList<>();
        if (n <= limit(k)) {
            List<T> pool = new ArrayList<>(population);
            for (int i = 0; i < k; i++) {
                int j = below(n - i);
                drawn.add(pool.get(j));
                pool.set(j, pool.get(n - i - 1));
            }
            return drawn;
        }
        Set<Integer> taken = new HashSet<>();
        while (drawn.size() < k) {
            int j = below(n);
            if (taken.add(j)) drawn.add(population.get(j));
        }
        return drawn;
    }

    /// `21 + 4^⌈log₄ 3k⌉` where k > 5.
    private static long limit(int k) {
        long set = POOL;
        if (k > 5) set += 1L << (2 * (long) Math.ceil(Math.log(3.0 * k) / Math.log(4)));
        return set;
    }
}
