package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Loads, stores and sums of f32 vectors. Indices count values, not bytes.
final class Vectors {

    /// The widest vectors the machine prefers, at most 16 lanes: `sum` folds four times. All vectors of floats are as
    /// wide: where a method of theirs has seen two widths, the compiler makes objects of them, whoever calls it.
    static final VectorSpecies<Float> F =
            FloatVector.SPECIES_PREFERRED.length() <= 16 ? FloatVector.SPECIES_PREFERRED : FloatVector.SPECIES_512;

    /// Values per vector.
    static final int LANES = F.length();

    /// Values that one vector of floats adds: longer sums lose digits.
    static final int RUN = 4096;

    /// Vectors as wide as `F`, of lanes of 64 bits.
    static final VectorSpecies<Double> D = F.withLanes(double.class);

    private static final Class<?> CLASS = FloatVector.zero(F).getClass();
    private static final Class<?> WIDE_CLASS = DoubleVector.zero(D).getClass();

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final VectorShuffle<Float> SWAP_1 = swap(F, 1);
    private static final VectorShuffle<Float> SWAP_2 = swap(F, 2);
    private static final VectorShuffle<Float> SWAP_4 = swap(F, 4);
    private static final VectorShuffle<Float> SWAP_8 = swap(F, 8);

    private static final VectorShuffle<Double> WIDE_SWAP_1 = swap(D, 1);
    private static final VectorShuffle<Double> WIDE_SWAP_2 = swap(D, 2);
    private static final VectorShuffle<Double> WIDE_SWAP_4 = swap(D, 4);

    private Vectors() {}

    private static <E> VectorShuffle<E> swap(VectorSpecies<E> species, int distance) {
        return VectorShuffle.fromOp(species, i -> distance < species.length() ? i ^ distance : i);
    }

    static FloatVector load(long address, long i) {
        return FloatVector.fromMemorySegment(F, MEMORY, address + 4 * i, LITTLE_ENDIAN);
    }

    static void store(FloatVector v, long address, long i) {
        v.intoMemorySegment(MEMORY, address + 4 * i, LITTLE_ENDIAN);
    }

    static float get(long address, long i) {
        return MEMORY.get(F32, address + 4 * i);
    }

    static void set(long address, long i, float value) {
        MEMORY.set(F32, address + 4 * i, value);
    }

    static int getInt(long address, long i) {
        return MEMORY.get(I32, address + 4 * i);
    }

    static void setInt(long address, long i, int value) {
        MEMORY.set(I32, address + 4 * i, value);
    }

    static void read(long address, long i, float[] to, int at, int n) {
        MemorySegment.copy(MEMORY, F32, address + 4 * i, to, at, n);
    }

    static void write(float[] from, int at, long address, long i, int n) {
        MemorySegment.copy(from, at, MEMORY, F32, address + 4 * i, n);
    }

    /// The same vector, its class known to the compiler. Of a vector that a loop carries, the compiler knows
    /// only that it is a `FloatVector`, and guesses its class from earlier calls. Where it has seen none, it
    /// makes objects of all vectors of the loop. So such a vector is an argument, never the receiver, or comes
    /// through here.
    static FloatVector exact(FloatVector v) {
        return (FloatVector) CLASS.cast(v);
    }

    /// The same vector, its class known to the compiler.
    static DoubleVector exact(DoubleVector v) {
        return (DoubleVector) WIDE_CLASS.cast(v);
    }

    /// Sum of the lanes as a tree of fixed shape: `reduceLanes(ADD)` may add in another order once compiled.
    static float sum(FloatVector carried) {
        FloatVector v = exact(carried);
        if (LANES > 8) v = v.add(v.rearrange(SWAP_8));
        if (LANES > 4) v = v.add(v.rearrange(SWAP_4));
        if (LANES > 2) v = v.add(v.rearrange(SWAP_2));
        return v.add(v.rearrange(SWAP_1)).lane(0);
    }

    /// Sum of the lanes as a tree of fixed shape.
    static double sum(DoubleVector carried) {
        DoubleVector v = exact(carried);
        if (LANES > 8) v = v.add(v.rearrange(WIDE_SWAP_4));
        if (LANES > 4) v = v.add(v.rearrange(WIDE_SWAP_2));
        return v.add(v.rearrange(WIDE_SWAP_1)).lane(0);
    }

    /// Largest lane; NaN if one is.
    static float max(FloatVector v) {
        return exact(v).reduceLanes(VectorOperators.MAX);
    }

    /// `Σ a[k] · b[k]` over `k < n`. One running sum: of two, the compiler boxed both in some callers.
    static float dot(long a, long b, int n) {
        FloatVector sum = FloatVector.zero(F);
        int k = 0;
        for (; k <= n - LANES; k += LANES) sum = load(a, k).fma(load(b, k), sum);
        float rest = 0;
        for (; k < n; k++) rest = Math.fma(get(a, k), get(b, k), rest);
        return sum(sum) + rest;
    }

    /// `Σ x[k]` over `k < n`.
    static float sum(long x, int n) {
        FloatVector sum = FloatVector.zero(F);
        int k = 0;
        for (; k <= n - LANES; k += LANES) sum = load(x, k).add(sum);
        float rest = 0;
        for (; k < n; k++) rest += get(x, k);
        return sum(sum) + rest;
    }

    /// `Σ x[k]` over `k < n` of any number of values.
    static double longSum(long x, int n) {
        double sum = 0;
        for (int i = 0; i < n; i += RUN) sum += sum(x + 4L * i, Math.min(RUN, n - i));
        return sum;
    }

    /// `y[k] = value` over `k < n`.
    static void fill(long y, int n, float value) {
        FloatVector v = FloatVector.broadcast(F, value);
        int k = 0;
        for (; k <= n - LANES; k += LANES) store(v, y, k);
        for (; k < n; k++) set(y, k, value);
    }
}
