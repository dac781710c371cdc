package dev.gradine.peft;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.linalg.Svd;

/// The principal components of rows that come batch by batch.
///
/// ```
/// first batch:  U S V = svd(X − mean)
/// next ones:    U S V = svd([S V; X − mean_X; √(n m / (n + m)) (mean − mean_X)])      n rows before, m of X
/// share_i = S_i² / Σ (x − mean)²
/// ```
///
/// Ross, Lim, Lin & Yang 2008 (Int. J. Comput. Vision 77), section 3.1. The value of largest magnitude in a component
/// is positive.
final class Pca {

    private final int most;
    private final int width;
    private final double[] mean;
    private long seen;
    private double spread; // Σ (x − mean)² over all rows so far
    private float[] components = {};
    private float[] values = {};

    /// @param most components that are kept
    /// @param width values of a row
    Pca(int most, int width) {
        this.most = most;
        this.width = width;
        mean = new double[width];
    }

    /// Component `i`.
    float[] component(int i) {
        return java.util.Arrays.copyOfRange(components, i * width, (i + 1) * width);
    }

    /// Its singular value.
    float value(int i) {
        return values[i];
    }

    /// The share of the variance that each component explains.
    double[] shares() {
        double[] all = new double[values.length];
        for (int i = 0; i < all.length; i++) all[i] = spread == 0 ? 0 : (double) values[i] * values[i] / spread;
        return all;
    }

    /// Takes in rows, `[m,width]`.
    ///
    /// @return cosine of each component with what it was before; none after the first rows
    double[] add(float[] rows, Kernels run) {
        int m = rows.length / width;
        double[] own = means(rows, m);
        float[] stack = stack(rows, own, m);
        merge(rows, own, m);
        float[] before = components;
        try (Kernels k = run.openStep()) {
            Svd svd = Svd.leading(k.of(Shape.of(stack.length / width, width), stack), most, k);
            values = k.download(svd.s());
            components = signed(k.download(svd.vt()));
        }
        return cosines(before);
    }

    private double[] means(float[] rows, int m) {
        double[] sums = new double[width];
        for (int i = 0; i < rows.length; i++) sums[i % width] += rows[i];
        for (int c = 0; c < width; c++) sums[c] /= m;
        return sums;
    }

    /// What is decomposed.
    private float[] stack(float[] rows, double[] own, int m) {
        int above = components.length;
        float[] all = new float[above + rows.length + (seen == 0 ? 0 : width)];
        for (int i = 0; i < above; i++) all[i] = values[i / width] * components[i];
        for (int i = 0; i < rows.length; i++) all[above + i] = (float) (rows[i] - own[i % width]);
        if (seen == 0) return all;
        double factor = Math.sqrt((double) seen / (seen + m) * m);
        for (int c = 0; c < width; c++) all[above + rows.length + c] = (float) (factor * (mean[c] - own[c]));
        return all;
    }

    private void merge(float[] rows, double[] own, int m) {
        for (int i = 0; i < rows.length; i++) {
            double d = rows[i] - own[i % width];
            spread += d * d;
        }
        double factor = (double) seen / (seen + m) * m;
        for (int c = 0; c < width; c++) {
            double d = mean[c] - own[c];
            spread += factor * d * d;
            mean[c] -= d * m / (seen + m);
        }
        seen += m;
    }

    private float[] signed(float[] vt) {
        for (int from = 0; from < vt.length; from += width) {
            float largest = 0;
            for (int c = from; c < from + width; c++) if (Math.abs(vt[c]) > Math.abs(largest)) largest = vt[c];
            for (int c = from; largest < 0 && c < from + width; c++) vt[c] = -vt[c];
        }
        return vt;
    }

    private double[] cosines(float[] before) {
        double[] all = new double[before.length / width];
        for (int i = 0; i < Math.min(before.length, components.length); i++) {
            all[i / width] += (double) before[i] * components[i];
        }
        return all;
    }
}
