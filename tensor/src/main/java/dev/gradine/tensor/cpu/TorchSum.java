package dev.gradine.tensor.cpu;

import java.util.Arrays;

/// The sum of f32 values in the order that PyTorch's CPU kernel adds them on one thread, so that the last bit is its.
///
/// Eight values are added side by side, four such vectors in turn; the running sums of 16 or more of each go to a
/// second level, sums of those to a third, and so on: a tree, whose rounding error grows with the logarithm of n.
final class TorchSum {

    private static final int LANES = 8;
    private static final int ROWS = 4;
    private static final int LEVELS = 4;

    private TorchSum() {}

    /// `Σ x`.
    static float of(float[] x) {
        int vectors = x.length / LANES;
        int turns = vectors / ROWS;
        float[] sums = turns(x, turns);
        for (int v = turns * ROWS; v < vectors; v++) add(x, v * LANES, sums, LANES);
        for (int row = 1; row < ROWS; row++) add(sums, row * LANES, sums, LANES);
        float sum = 0;
        for (int i = vectors * LANES; i < x.length; i++) sum += x[i];
        for (int i = 0; i < LANES; i++) sum += sums[i];
        return sum;
    }

    /// Sums of every 32nd value: a tree of four levels.
    private static float[] turns(float[] x, int turns) {
        int width = ROWS * LANES;
        int power = Math.max(4, (Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, turns) - 1)) / LEVELS);
        int step = 1 << power;
        float[][] level = new float[LEVELS][width];
        int i = 0;
        while (i + step <= turns) {
            for (int end = i + step; i < end; i++) add(x, i * width, level[0], width);
            for (int j = 1; j < LEVELS; j++) {
                add(level[j - 1], 0, level[j], width);
                Arrays.fill(level[j - 1], 0);
                if ((i & ((step - 1) << (j * power))) != 0) break;
            }
        }
        for (; i < turns; i++) add(x, i * width, level[0], width);
        for (int j = 1; j < LEVELS; j++) add(level[j], 0, level[0], width);
        return level[0];
    }

    private static void add(float[] from, int at, float[] to, int n) {
        for (int i = 0; i < n; i++) to[i] += from[at + i];
    }
}
