package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;

/// Matrix products as the formula reads, in `double`, one sum after the other: the oracle of `MatMulCpu`.
///
/// Beside each value it keeps the sum of absolute terms, the scale that a rounding error is relative to.
final class MatMulReference {

    private static final double EPS = Math.ulp(1f) / 2;

    final double[] value;
    private final double[] bound;

    /// `old + alpha · product`; `old` is zero where the product overwrites.
    MatMulReference(Gemm.Form form, Tensor a, Tensor b, float alpha, float[] old) {
        int m = a.shape().dim(form == Gemm.Form.TN ? 1 : 0);
        int k = a.shape().dim(form == Gemm.Form.TN ? 0 : 1);
        int n = b.shape().dim(form == Gemm.Form.NT ? 0 : 1);
        value = new double[m * n];
        bound = new double[m * n];
        float[] av = floats(a);
        float[] bv = floats(b);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                double scale = 0;
                for (int p = 0; p < k; p++) {
                    double x = av[form == Gemm.Form.TN ? p * m + i : i * k + p];
                    double y = bv[form == Gemm.Form.NT ? j * k + p : p * n + j];
                    sum += x * y;
                    scale += Math.abs(x * y);
                }
                double before = old[i * n + j];
                value[i * n + j] = before + alpha * sum;
                bound[i * n + j] = EPS * (k + 3) * (Math.abs(alpha) * scale + Math.abs(before));
            }
        }
    }

    /// How far value `i` of an f32 computation may lie off: `ε · (K + 3) · Σ|terms|`, the bound of any order of K
    /// roundings, with three more for alpha, the addition to `c` and a decoded factor.
    double tolerance(int i) {
        return bound[i];
    }

    private static float[] floats(Tensor t) {
        float[] values = new float[t.size()];
        RealValues.of(t).read(0, values.length, values, 0);
        return values;
    }
}
