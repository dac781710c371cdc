package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ULT;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.DropoutKernel;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/// Inverted dropout by a counter-based hash. SplitMix64: Steele, Lea & Flood 2014, figure 15, with the constants of
/// variant 13 by Stafford.
///
/// Half a vector's values have a vector of hashes: 64 bits each, of which 32 decide.
final class DropoutCpu implements DropoutKernel {

    static final DropoutKernel KERNEL = new DropoutCpu();

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final long MIX_1 = 0xBF58476D1CE4E5B9L;
    private static final long MIX_2 = 0x94D049BB133111EBL;

    private static final VectorSpecies<Long> L = F.withLanes(long.class);
    private static final LongVector GAMMA = LongVector.broadcast(L, GOLDEN_GAMMA);
    private static final LongVector VMIX_1 = LongVector.broadcast(L, MIX_1);
    private static final LongVector VMIX_2 = LongVector.broadcast(L, MIX_2);
    private static final LongVector UPPER = LongVector.broadcast(L, 0xffffffffL << 32);

    /// What the hashes of even indices start from: 0, 2γ, 4γ ...
    private static final LongVector EVEN = GAMMA.mul(LongVector.zero(L).addIndex(2));

    private DropoutCpu() {}

    @Override
    public void apply(Tensor x, float p, long seed, Tensor y) {
        int n = x.size();
        long in = Operand.read("dropout", "x", x, n);
        long out = Operand.write("dropout", "y", y, n);
        long threshold = (long) Math.ceil(p * 0x1p32); // hash / 2³² ≥ p, without rounding
        float keep = 1 - p;
        Chunks.rows(n, 4, (from, to) -> apply(in, threshold, keep, seed, out, from, to));
    }

    private static void apply(long x, long threshold, float keep, long seed, long y, int from, int to) {
        FloatVector keeps = FloatVector.broadcast(F, keep);
        IntVector dropped = FloatVector.zero(F).reinterpretAsInts();
        IntVector least = dropped.broadcast((int) threshold);
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            LongVector even =
                    LongVector.broadcast(L, seed + (i + 1L) * GOLDEN_GAMMA).add(EVEN);
            IntVector kept = load(x, i).div(keeps).reinterpretAsInts();
            store(kept.blend(dropped, hashes(even).compare(ULT, least)).reinterpretAsFloats(), y, i);
        }
        for (; i < to; i++) set(y, i, hash(seed, i) >= threshold ? get(x, i) / keep : 0);
    }

    /// Those of as many values as `F` has lanes: the upper halves of the hashes of even and odd indices, interleaved.
    private static IntVector hashes(LongVector even) {
        LongVector upper = mix(even).lanewise(LSHR, 32);
        return upper.or(mix(even.add(GAMMA)).and(UPPER)).reinterpretAsInts();
    }

    /// As the scalar form, of which the upper 32 bits count.
    private static LongVector mix(LongVector z) {
        z = z.lanewise(XOR, z.lanewise(LSHR, 30)).mul(VMIX_1);
        z = z.lanewise(XOR, z.lanewise(LSHR, 27)).mul(VMIX_2);
        return z.lanewise(XOR, z.lanewise(LSHR, 31));
    }

    /// The upper 32 bits, from 0 to 2³² − 1.
    static long hash(long seed, int i) {
        long z = seed + (i + 1L) * GOLDEN_GAMMA;
        z = (z ^ (z >>> 30)) * MIX_1;
        z = (z ^ (z >>> 27)) * MIX_2;
        return (z ^ (z >>> 31)) >>> 32;
    }
}
