package dev.gradine.serve.api;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// What the texts of a request draw from: text number i has a generator of its own, so that it is the same
/// in any company.
///
/// ```
/// seed(0) = seed          seed(i) = mix(seed + i · 0x9E3779B97F4A7C15)
/// ```
///
/// The first is that of `gradine generate --seed`. Mix: the finaliser of SplitMix64 (Steele, Lea & Flood
/// 2014, "Fast splittable pseudorandom number generators", figure 16), over which the seeds of neighbours
/// have nothing in common.
final class Seeds {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Seeds() {}

    /// Generators of texts number `from` to `from + n − 1`.
    static List<RandomGenerator> draws(long seed, int from, int n) {
        List<RandomGenerator> all = new ArrayList<>();
        for (int i = from; i < from + n; i++) all.add(new SplittableRandom(i == 0 ? seed : mix(seed + i * GOLDEN)));
        return all;
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
