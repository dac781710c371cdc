package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;

/// Where the bounds of cases come from: how often a value is rounded on its way.
final class Bounds {

    private static final double F32 = 0x1p-24; // of one rounding to f32
    private static final double BF16 = 0x1p-8; // of one rounding to bf16

    private Bounds() {}

    /// For a value rounded `roundings` times in f32, on both devices together, and once to `type`.
    static double of(DType type, double roundings) {
        return roundings * F32 + (type == DType.BF16 ? BF16 : 0);
    }

    /// For a sum of `n` terms of both signs, relative to sums as large as √n terms: rounding errors of partial sums add
    /// as their squares do, and reach √n roundings of the total; twice, for two devices.
    static double sum(int n) {
        return 2 * Math.sqrt(n) + 4;
    }
}
