package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Matrix products as the formula reads, in `double`, one sum after the other: the oracle of `MatMulCpu`.
///
/// Beside each value it keeps the sum of absolute terms, the scale that a rounding error is relative to.
final class MatMulReference {

    /// Which operand is transposed.
    enum Form {
        NT,
        NN,
        TN
    }

    private static final double EPS = Math.ulp(1f) / 2;

    final double[] value;
    private final double[] bound;

    /// `c = old + alpha · product`, where `old` is null when the product overwrites.
    MatMulReference(Form form, Tensor a, Tensor b, float alpha, float @Nullable [] old, int m, int n, int k) {
        value = new double[m * n];
        bound = new double[m * n];
        float[] av = floats(a);
        float[] bv = floats(b);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                double scale = 0;
                for (int p = 0; p < k; p++) {
                    double x = av[form == Form.TN ? p * m + i : i * k + p];
                    double y = bv[form == Form.NT ? j * k + p : p * n + j];
                    sum += x * y;
                    scale += Math.abs(x * y);
                }
                double before = old == null ? 0 : old[i * n + j];
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
        for (int i = 0; i < values.length; i += step(t.dtype())) {
            Decode.toFloats(t.data(), t.dtype(), i, step(t.dtype()), values, i);
        }
        return values;
    }

    private static int step(DType dtype) {
        return dtype.blockSize();
    }
}
