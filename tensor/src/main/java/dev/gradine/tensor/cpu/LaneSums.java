package dev.gradine.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Sums of the lanes of vectors, each as a tree: the upper half of the lanes onto the lower half, until one is left.
///
/// ```
/// t[i] = v[i] + v[i + L/2]      i < L/2
/// u[i] = t[i] + t[i + L/4]      i < L/4      and so on
/// ```
///
/// L vectors are added up together: of two vectors, the halves that stay lie in one, the halves that come to them in
/// another, so each step is one addition for both, and halves their number. Lane i of the last one is the sum of vector
/// i. The order of additions is the same for one vector alone, and so are the bits.
final class LaneSums {

    private static final VectorSpecies<Float> S = Vectors.F;
    private static final VectorSpecies<Integer> I = S.withLanes(int.class);
    private static final int L = S.length();
    private static final IntVector LANES = IntVector.zero(I).addIndex(1);
    private static final VectorMask<Float> UPPER_8 = upper(8);
    private static final VectorMask<Float> UPPER_4 = upper(4);
    private static final VectorMask<Float> UPPER_2 = upper(2);
    private static final VectorMask<Float> UPPER_1 = upper(1);
    private static final IntVector ACROSS_8 = across(8);
    private static final IntVector ACROSS_4 = across(4);
    private static final IntVector ACROSS_2 = across(2);
    private static final IntVector ACROSS_1 = across(1);

    private LaneSums() {}

    private static VectorMask<Float> upper(int distance) {
        return LANES.and(distance).compare(VectorOperators.NE, 0).cast(S);
    }

    private static IntVector across(int distance) {
        return LANES.lanewise(VectorOperators.XOR, distance).and(L - 1);
    }

    /// Sums of `count` vectors that lie one behind the other from 0 on, L at a time: there is room for whole groups of
    /// L, also behind `to`, where the sums come to lie. What is no vector has no sum that means anything.
    static void trees(float[] values, int count, int to) {
        for (int v = 0; v < count; v += L) {
            if (L == 16) sixteen(values, v * L, to + v);
            else fewer(values, v * L, to + v);
        }
    }

    /// Sixteen vectors of sixteen lanes, written out: a method of this length is never part of another one, which might
    /// leave too few of the compiler's nodes for it to keep its vectors in registers.
    private static void sixteen(float[] values, int at, int to) {
        FloatVector v0 = FloatVector.fromArray(S, values, at);
        FloatVector v8 = FloatVector.fromArray(S, values, at + 8 * L);
        FloatVector v4 = FloatVector.fromArray(S, values, at + 4 * L);
        FloatVector v12 = FloatVector.fromArray(S, values, at + 12 * L);
        IntVector coming = v8.blend(v0, UPPER_8).reinterpretAsInts();
        v0 = v0.blend(v8, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v12.blend(v4, UPPER_8).reinterpretAsInts();
        v4 = v4.blend(v12, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v4.blend(v0, UPPER_4).reinterpretAsInts();
        v0 = v0.blend(v4, UPPER_4).add(ACROSS_4.selectFrom(coming).reinterpretAsFloats());
        FloatVector v1 = FloatVector.fromArray(S, values, at + L);
        FloatVector v9 = FloatVector.fromArray(S, values, at + 9 * L);
        FloatVector v5 = FloatVector.fromArray(S, values, at + 5 * L);
        FloatVector v13 = FloatVector.fromArray(S, values, at + 13 * L);
        coming = v9.blend(v1, UPPER_8).reinterpretAsInts();
        v1 = v1.blend(v9, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v13.blend(v5, UPPER_8).reinterpretAsInts();
        v5 = v5.blend(v13, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v5.blend(v1, UPPER_4).reinterpretAsInts();
        v1 = v1.blend(v5, UPPER_4).add(ACROSS_4.selectFrom(coming).reinterpretAsFloats());
        FloatVector v2 = FloatVector.fromArray(S, values, at + 2 * L);
        FloatVector v10 = FloatVector.fromArray(S, values, at + 10 * L);
        FloatVector v6 = FloatVector.fromArray(S, values, at + 6 * L);
        FloatVector v14 = FloatVector.fromArray(S, values, at + 14 * L);
        coming = v10.blend(v2, UPPER_8).reinterpretAsInts();
        v2 = v2.blend(v10, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v14.blend(v6, UPPER_8).reinterpretAsInts();
        v6 = v6.blend(v14, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v6.blend(v2, UPPER_4).reinterpretAsInts();
        v2 = v2.blend(v6, UPPER_4).add(ACROSS_4.selectFrom(coming).reinterpretAsFloats());
        FloatVector v3 = FloatVector.fromArray(S, values, at + 3 * L);
        FloatVector v11 = FloatVector.fromArray(S, values, at + 11 * L);
        FloatVector v7 = FloatVector.fromArray(S, values, at + 7 * L);
        FloatVector v15 = FloatVector.fromArray(S, values, at + 15 * L);
        coming = v11.blend(v3, UPPER_8).reinterpretAsInts();
        v3 = v3.blend(v11, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v15.blend(v7, UPPER_8).reinterpretAsInts();
        v7 = v7.blend(v15, UPPER_8).add(ACROSS_8.selectFrom(coming).reinterpretAsFloats());
        coming = v7.blend(v3, UPPER_4).reinterpretAsInts();
        v3 = v3.blend(v7, UPPER_4).add(ACROSS_4.selectFrom(coming).reinterpretAsFloats());
        coming = v2.blend(v0, UPPER_2).reinterpretAsInts();
        v0 = v0.blend(v2, UPPER_2).add(ACROSS_2.selectFrom(coming).reinterpretAsFloats());
        coming = v3.blend(v1, UPPER_2).reinterpretAsInts();
        v1 = v1.blend(v3, UPPER_2).add(ACROSS_2.selectFrom(coming).reinterpretAsFloats());
        coming = v1.blend(v0, UPPER_1).reinterpretAsInts();
        v0 = v0.blend(v1, UPPER_1).add(ACROSS_1.selectFrom(coming).reinterpretAsFloats());
        v0.intoArray(values, to);
    }

    /// L vectors, where L is 8 or less.
    private static void fewer(float[] values, int at, int to) {
        for (int v = at; v < at + 4 * L && L > 4; v += L) eight(values, v).intoArray(values, v);
        FloatVector even = join(
                FloatVector.fromArray(S, values, at), FloatVector.fromArray(S, values, at + 2 * L), UPPER_2, ACROSS_2);
        FloatVector odd = join(
                FloatVector.fromArray(S, values, at + L),
                FloatVector.fromArray(S, values, at + 3 * L),
                UPPER_2,
                ACROSS_2);
        join(even, odd, UPPER_1, ACROSS_1).intoArray(values, to);
    }

    /// Of two vectors of eight lanes one.
    private static FloatVector eight(float[] values, int at) {
        return join(
                FloatVector.fromArray(S, values, at), FloatVector.fromArray(S, values, at + 4 * L), UPPER_4, ACROSS_4);
    }

    /// Of two vectors one.
    private static FloatVector join(FloatVector p, FloatVector q, VectorMask<Float> upper, IntVector across) {
        IntVector coming = q.blend(p, upper).reinterpretAsInts();
        return p.blend(q, upper).add(across.selectFrom(coming).reinterpretAsFloats());
    }
}
