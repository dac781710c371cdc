package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// One use of one kernel with inputs of one size, which any device can run.
///
/// ```
/// |got − expected| ≤ bound · max(|expected|, scale)          scale = root mean square of that output
/// ```
///
/// @param name kernel and size, such as `rms_norm_backward [3, 65]`
/// @param type of activations and their gradients: F32 or BF16
/// @param bound largest error allowed, relative to the scale of the output; derived from the arithmetic of the kernel
/// @param run runs the kernel on fresh inputs and returns all it wrote
/// @param reference the same on the CPU, where another way leads to it
public record KernelCase(
        String name,
        DType type,
        double bound,
        Function<Inputs, List<Tensor>> run,
        Function<Inputs, List<Tensor>> reference) {

    /// A case of a contract that the CPU has too.
    public static KernelCase of(String name, DType type, double bound, Function<Inputs, List<Tensor>> run) {
        return new KernelCase(name, type, bound, run, run);
    }

    /// Largest error of `device` against `cpu`, in units of `bound`: above 1 the kernel is wrong. Infinity where one
    /// has a NaN and the other has not.
    public double error(Kernels device, Kernels cpu) {
        return error(outputs(device), expected(cpu));
    }

    /// What the kernel writes on `device`.
    public List<float[]> outputs(Kernels device) {
        try (Inputs inputs = Inputs.on(device, type)) {
            return values(inputs, run);
        }
    }

    /// What it should write: the CPU computes it in f32, from inputs rounded to the type.
    public List<float[]> expected(Kernels cpu) {
        try (Inputs inputs = Inputs.reference(cpu, type)) {
            return values(inputs, reference);
        }
    }

    private static List<float[]> values(Inputs inputs, Function<Inputs, List<Tensor>> run) {
        List<float[]> values = new ArrayList<>();
        for (Tensor t : run.apply(inputs)) values.add(inputs.download(t));
        return values;
    }

    /// Largest error of `got`, in units of `bound`.
    public double error(List<float[]> got, List<float[]> expected) {
        double worst = got.size() == expected.size() ? 0 : Double.POSITIVE_INFINITY;
        for (int i = 0; i < Math.min(got.size(), expected.size()); i++) {
            worst = Math.max(worst, error(got.get(i), expected.get(i)));
        }
        return worst == 0 ? 0 : worst / bound;
    }

    private static double error(float[] got, float[] expected) {
        if (got.length != expected.length) return Double.POSITIVE_INFINITY;
        double scale = scale(expected);
        double worst = 0;
        for (int i = 0; i < got.length; i++) {
            if (Float.compare(got[i], expected[i]) == 0 || got[i] == expected[i]) continue;
            double off = Math.abs((double) got[i] - expected[i]) / Math.max(Math.abs(expected[i]), scale);
            worst = Math.max(worst, Double.isNaN(off) ? Double.POSITIVE_INFINITY : off);
        }
        return worst;
    }

    private static double scale(float[] expected) {
        double squares = 0;
        int n = 0;
        for (float e : expected) {
            if (!Float.isFinite(e)) continue;
            squares += (double) e * e;
            n++;
        }
        return Math.max(Float.MIN_NORMAL, Math.sqrt(squares / Math.max(1, n)));
    }

    @Override
    public String toString() {
        return name + " " + type;
    }
}
