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
        for (int v = 0; v < count; v += L) together(values, v * L, to + v);
    }

    /// Half the steps at a time: all of them in one would be too much for the compiler to keep in registers.
    private static void together(float[] values, int at, int to) {
        for (int v = at; v < at + 4 * L; v += L) {
            if (L > 8) sixteen(values, v).intoArray(values, v);
            else if (L > 4) eight(values, v).intoArray(values, v);
        }
        FloatVector even = join(
                FloatVector.fromArray(S, values, at), FloatVector.fromArray(S, values, at + 2 * L), UPPER_2, ACROSS_2);
        FloatVector odd = join(
                FloatVector.fromArray(S, values, at + L),
                FloatVector.fromArray(S, values, at + 3 * L),
                UPPER_2,
                ACROSS_2);
        join(even, odd, UPPER_1, ACROSS_1).intoArray(values, to);
    }

    /// Of four vectors of sixteen lanes one.
    private static FloatVector sixteen(float[] values, int at) {
        FloatVector p = join(
                FloatVector.fromArray(S, values, at), FloatVector.fromArray(S, values, at + 8 * L), UPPER_8, ACROSS_8);
        FloatVector q = join(
                FloatVector.fromArray(S, values, at + 4 * L),
                FloatVector.fromArray(S, values, at + 12 * L),
                UPPER_8,
                ACROSS_8);
        return join(p, q, UPPER_4, ACROSS_4);
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
