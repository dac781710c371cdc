package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.set;

import dev.gradine.tensor.kernel.UpsampleKernel.Enlargement;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;

/// Along one axis, the one or two inputs that an output is made of, by their weights.
///
/// ```
/// y_d = (1 − λ) · x_i + λ · x_{i+1}
/// nearest:   i = ⌊d / s⌋, λ = 0
/// bilinear:  i + λ = max(0, (d + ½) / s − ½), and x_{i+1} = x_i behind the last: centres of pixels keep their places
/// ```
final class UpsampleTaps {

    private final int inputs;
    private final int[] first;
    private final float[] weight; // λ

    /// @param inputs values along the axis
    UpsampleTaps(Enlargement by, int inputs) {
        int s = by.factor();
        this.inputs = inputs;
        this.first = new int[inputs * s];
        this.weight = new float[inputs * s];
        for (int d = 0; d < first.length; d++) {
            if (by.mode() == Mode.NEAREST) {
                first[d] = d / s;
            } else {
                int twice = Math.max(0, 2 * d + 1 - s); // 2 s (i + λ): whole numbers, so i is exact
                first[d] = twice / (2 * s);
                weight[d] = (float) (twice % (2 * s)) / (2 * s);
            }
        }
    }

    int inputs() {
        return inputs;
    }

    int outputs() {
        return first.length;
    }

    /// Index i.
    int first(int d) {
        return first[d];
    }

    /// Index of the other input.
    int second(int d) {
        return Math.min(first[d] + 1, inputs - 1);
    }

    /// λ, what the other input counts.
    float weight(int d) {
        return weight[d];
    }

    /// Whether output `d` equals the one before.
    boolean repeats(int d) {
        return d > 0 && first[d] == first[d - 1] && weight[d] == 0 && weight[d - 1] == 0;
    }

    /// Writes all outputs of one line.
    void spread(long x, long y) {
        for (int d = 0; d < first.length; d++) {
            float a = get(x, first[d]);
            float w = weight[d];
            set(y, d, w == 0 ? a : Math.fma(a, 1 - w, get(x, second(d)) * w));
        }
    }

    /// Adds the gradients of all outputs of one line to those of its inputs.
    void gather(long dy, long dx) {
        for (int d = 0; d < first.length; d++) {
            float g = get(dy, d);
            float w = weight[d];
            set(dx, first[d], Math.fma(g, 1 - w, get(dx, first[d])));
            if (w != 0) set(dx, second(d), Math.fma(g, w, get(dx, second(d))));
        }
    }
}
