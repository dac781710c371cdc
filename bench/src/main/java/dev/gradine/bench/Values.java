package dev.gradine.bench;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.SplittableRandom;

/// Operands of the works.
final class Values {

    private Values() {}

    /// Values in [−1, 1), the same for the same seed.
    static Tensor uniform(Kernels k, int seed, int rows, int columns) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) values[i] = (float) random.nextDouble(-1, 1);
        return k.of(Shape.of(rows, columns), values);
    }

    static int[] tokens(int seed, int n, int vocabulary) {
        return new SplittableRandom(seed).ints(n, 0, vocabulary).toArray();
    }
}
