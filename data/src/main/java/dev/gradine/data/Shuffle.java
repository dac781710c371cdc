package dev.gradine.data;

/// Random orders that are the same everywhere and for ever: SplitMix64 (Steele, Lea & Flood 2014) and Fisher–Yates.
public final class Shuffle {
    private long state;

    private Shuffle(long state) {
        this.state = state;
    }

    /// The numbers 0 to n − 1 in an order that depends on nothing but the three arguments.
    ///
    /// @param seed the run's seed
    /// @param stream tells orders of one run apart, for example the epoch
    public static int[] permutation(int n, long seed, long stream) {
        var random = new Shuffle(mix(seed) ^ mix(stream + 0x632BE59BD9B4E019L));
        int[] out = new int[n];
        for (int i = 0; i < n; i++) {
            int j = random.below(i + 1);
            out[i] = out[j];
            out[j] = i;
        }
        return out;
    }

    private int below(int bound) {
        state += 0x9E3779B97F4A7C15L;
        // the high half of a 64 x 32 bit product: uniform to within 2^-32
        return (int) (((mix(state) >>> 32) * bound) >>> 32);
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
