package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.set;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.DropoutKernel;
import java.lang.foreign.MemorySegment;

/// Inverted dropout by a counter-based hash. SplitMix64: Steele, Lea & Flood 2014, figure 15, with the constants of
/// variant 13 by Stafford.
final class DropoutCpu implements DropoutKernel {

    static final DropoutKernel KERNEL = new DropoutCpu();

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private DropoutCpu() {}

    @Override
    public void apply(Tensor x, float p, long seed, Tensor y) {
        assert x.size() == y.size();
        MemorySegment in = x.data();
        MemorySegment out = y.data();
        long threshold = (long) Math.ceil(p * 0x1p32); // hash / 2³² ≥ p, without rounding
        float keep = 1 - p;
        Chunks.rows(x.size(), 4, (from, to) -> {
            for (int i = from; i < to; i++) set(out, i, hash(seed, i) >= threshold ? get(in, i) / keep : 0);
        });
    }

    /// The upper 32 bits, from 0 to 2³² − 1.
    static long hash(long seed, int i) {
        long z = seed + (i + 1L) * GOLDEN_GAMMA;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (z ^ (z >>> 31)) >>> 32;
    }
}
