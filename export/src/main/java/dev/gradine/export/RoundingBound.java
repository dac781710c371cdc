package dev.gradine.export;

import dev.gradine.tensor.DType;

/// How far a value may move when it is rounded once to a type.
///
/// ```
/// F32     0                                   F16   2⁻¹¹·|x| + 2⁻²⁵            BF16   2⁻⁸·|x|
/// Q8_0    (1/254 + 2⁻¹¹) · max|x|             Q4_0  (1/8 + 2⁻¹¹) · max|x|
/// Q4_1    (max − min)/30 + 2⁻¹¹ · (max − min + |min|)
/// ```
///
/// Maxima and minima are those of the block of 32. Half a step of the block's scale, and the rounding of the scale
/// itself to f16; Q4_0 has a whole step, since its range reaches 8 steps on one side and 7 on the other.
final class RoundingBound {

    private static final double U16 = 0x1p-11;
    private static final double TINY_SCALE = 0x1p-25; // half the distance of the smallest f16
    private static final double SLACK = 1.001; // quotients are taken in f32
    private static final int BLOCK = 32;

    private RoundingBound() {}

    /// The bound of each value.
    ///
    /// @param x values before rounding
    static double[] of(float[] x, DType type) {
        double[] bound = new double[x.length];
        switch (type) {
            case F32 -> {}
            case F16 -> {
                for (int i = 0; i < x.length; i++) bound[i] = U16 * Math.abs(x[i]) + TINY_SCALE;
            }
            case BF16 -> {
                for (int i = 0; i < x.length; i++) bound[i] = 0x1p-8 * Math.abs(x[i]);
            }
            case Q8_0, Q4_0, Q4_1 -> {
                for (int i = 0; i < x.length; i += BLOCK) fill(bound, i, block(x, i, type));
            }
            default -> throw new IllegalArgumentException("verify: weights are " + type + ", which no export writes");
        }
        return bound;
    }

    private static void fill(double[] bound, int from, double value) {
        for (int i = from; i < Math.min(bound.length, from + BLOCK); i++) bound[i] = value;
    }

    private static double block(float[] x, int from, DType type) {
        double min = x[from];
        double max = x[from];
        for (int i = from; i < Math.min(x.length, from + BLOCK); i++) {
            min = Math.min(min, x[i]);
            max = Math.max(max, x[i]);
        }
        double largest = Math.max(Math.abs(min), Math.abs(max));
        double step = switch (type) {
            case Q8_0 -> largest * (1 / 254.0 + U16) + 127 * TINY_SCALE;
            case Q4_0 -> largest * (1 / 8.0 + U16) + 8 * TINY_SCALE;
            default -> (max - min) * (1 / 30.0 + U16) + Math.abs(min) * U16 + 16 * TINY_SCALE;
        };
        return SLACK * step;
    }
}
