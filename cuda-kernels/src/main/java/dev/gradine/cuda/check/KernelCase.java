package dev.gradine.cuda.check;

import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.function.Function;

/// One use of one kernel contract with inputs of one size, which any device can run.
///
/// ```
/// |got − expected| ≤ bound · max(|expected|, scale)          scale = the largest magnitude of that output
/// ```
///
/// @param name kernel and size, such as `rms_norm_backward [3, 65]`
/// @param bound largest error allowed, relative to the scale of the output; derived from the arithmetic of the kernel
/// @param outputs runs the kernel on fresh inputs and returns all it wrote
public record KernelCase(String name, double bound, Function<Kernels, List<float[]>> outputs) {

    /// Largest error of `device` against `reference`, in units of `bound`: above 1 the kernel is wrong. Infinity where
    /// one has a NaN and the other has not.
    public double error(Kernels device, Kernels reference) {
        List<float[]> got = outputs.apply(device);
        List<float[]> expected = outputs.apply(reference);
        double worst = got.size() == expected.size() ? 0 : Double.POSITIVE_INFINITY;
        for (int i = 0; i < Math.min(got.size(), expected.size()); i++) {
            worst = Math.max(worst, error(got.get(i), expected.get(i)));
        }
        return worst / bound;
    }

    private static double error(float[] got, float[] expected) {
        if (got.length != expected.length) return Double.POSITIVE_INFINITY;
        double scale = Float.MIN_NORMAL;
        for (float e : expected) if (Float.isFinite(e)) scale = Math.max(scale, Math.abs(e));
        double worst = 0;
        for (int i = 0; i < got.length; i++) {
            if (Float.compare(got[i], expected[i]) == 0 || got[i] == expected[i]) continue;
            double off = Math.abs((double) got[i] - expected[i]) / scale;
            worst = Math.max(worst, Double.isNaN(off) ? Double.POSITIVE_INFINITY : off);
        }
        return worst;
    }
}
