package dev.gradine.tensor;

import java.util.Arrays;

/// The number that each code of a type with scales stands for, before it is multiplied by its scale.
///
/// ```
/// NF4        quantiles of the normal distribution: a bin of each holds as many weights    arXiv:2305.14314, appendix E
/// FP4        sign, two bits of exponent, one of mantissa, over 12: ±{0, 1/192, 2/3, 1, 1/3, 1/2, 1/6, 1/4}
/// F8_E4M3    ±2^(e − 7) · (1 + m/8), of e = 0 ±2^−6 · m/8             arXiv:2209.05433, table 1
/// F8_E5M2    ±2^(e − 15) · (1 + m/4), of e = 0 ±2^−14 · m/4
/// DYNAMIC8   for i = 0 … 6: ±10^(i − 6) · the 2^i centres of equal parts of [0.1, 1]; 0 and 1     arXiv:2110.02861
/// ```
///
/// Optimisers keep squares in a fourth: DYNAMIC8 of values that are not below 0, which has twice as many centres.
///
/// All of them are rounded as PyTorch rounds them in f32, so that codes made there mean the same numbers here.
public final class CodeTable {

    private static final float[] NF4 = {
        -1.0f,
        -0.6961928f,
        -0.52507305f,
        -0.3949175f,
        -0.28444138f,
        -0.18477343f,
        -0.091050036f,
        0.0f,
        0.0795803f,
        0.1609302f,
        0.2461123f,
        0.33791524f,
        0.44070983f,
        0.562617f,
        0.72295684f,
        1.0f
    };

    private static final float[] FP4 = fp4(0, 0.0625f, 8, 12, 4, 6, 2, 3);
    private static final float[] DYNAMIC8 = dynamic8();

    private CodeTable() {}

    /// The numbers by code: 16 or 256 of them.
    ///
    /// @throws DTypeException if the type has no table
    public static float[] of(DType dtype) {
        return switch (dtype) {
            case NF4 -> NF4.clone();
            case FP4 -> FP4.clone();
            case DYNAMIC8 -> DYNAMIC8.clone();
            case F8_E4M3, F8_E5M2 -> f8(dtype);
            default ->
                throw new DTypeException(
                        "codes: type is " + dtype + ", expected NF4, FP4, DYNAMIC8, F8_E4M3 or F8_E5M2");
        };
    }

    /// The numbers of a type of eight bits: of E4M3 a code of ones alone is NaN, of E5M2 exponents of ones
    /// are what they are in f16, whose upper half it is.
    private static float[] f8(DType dtype) {
        float[] table = new float[256];
        for (int code = 0; code < 256; code++) {
            int magnitude = code & 127;
            int exponent = magnitude >> 3;
            float e4m3 = magnitude == 127
                    ? Float.NaN
                    : Math.scalb((magnitude & 7) + (exponent == 0 ? 0f : 8f), Math.max(1, exponent) - 10);
            float e5m2 = Float.float16ToFloat((short) (magnitude << 8));
            float number = dtype == DType.F8_E4M3 ? e4m3 : e5m2;
            table[code] = code < 128 ? number : -number;
        }
        return table;
    }

    /// Code 8 is −0, as bitsandbytes decodes it.
    private static float[] fp4(float... twelfths) {
        float[] table = new float[2 * twelfths.length];
        for (int i = 0; i < twelfths.length; i++) {
            table[i] = twelfths[i] / 12;
            table[i + twelfths.length] = -table[i];
        }
        return table;
    }

    /// The numbers of DYNAMIC8 by code where none is below 0: for i = 0 … 6, 10^(i − 6) · the 2^(i + 1)
    /// centres of equal parts of [0.1, 1]; 0 and 1.
    public static float[] unsignedDynamic8() {
        return dynamic8(2, false);
    }

    private static float[] dynamic8() {
        return dynamic8(1, true);
    }

    /// @param first parts of the interval whose numbers are smallest
    /// @param isSigned whether each number is there below 0, too
    private static float[] dynamic8(int first, boolean isSigned) {
        float[] table = new float[256];
        int at = 0;
        for (int i = 0; i < 7; i++) {
            float power = (float) Math.pow(10, i - 6);
            int parts = first << i;
            for (int j = 0; j < parts; j++) {
                float centre = (between(j, parts) + between(j + 1, parts)) / 2;
                table[at++] = power * centre;
                if (isSigned) table[at++] = -(power * centre);
            }
        }
        table[at] = 1; // the other one that is left is 0
        Arrays.sort(table);
        return table;
    }

    /// Border `j` of equal parts of [0.1, 1]. The upper half is counted from 1 down, as PyTorch's `linspace` does.
    private static float between(int j, int parts) {
        float step = (1 - 0.1f) / parts;
        return j < (parts + 1) / 2 ? Math.fma(step, j, 0.1f) : Math.fma(-step, parts - j, 1);
    }
}
