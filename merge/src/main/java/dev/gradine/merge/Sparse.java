package dev.gradine.merge;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Which values of a change are kept. All keep the share `density`; the others become 0.
enum Sparse {

    /// All.
    NONE {
        @Override
        void thin(float[] delta, Settings s) {}
    },

    /// The largest by magnitude: `int(density · n)` of them.
    LARGEST {
        @Override
        void thin(float[] delta, Settings s) {
            int k = (int) (s.density() * delta.length);
            int[] order = byMagnitude(delta, 0, delta.length);
            for (int i = 0; i < delta.length - k; i++) delta[order[i]] = 0;
        }
    },

    /// Each with probability `density`.
    RANDOM {
        @Override
        void thin(float[] delta, Settings s) {
            SplittableRandom rng = new SplittableRandom(s.seed());
            for (int i = 0; i < delta.length; i++) if (rng.nextDouble() >= s.density()) delta[i] = 0;
        }
    },

    /// Neither the largest, a share of `gamma`, nor the smallest. Where that share is less than one value, none of the
    /// largest goes; mergekit then drops the whole change.
    WITHOUT_OUTLIERS {
        @Override
        void thin(float[] delta, Settings s) {
            int n = delta.length;
            int top = (int) (s.gamma() * n);
            int bottom = n - (int) (s.density() * n) - top;
            if (bottom < 0) {
                top += bottom;
                bottom = 0;
            }
            int[] order = byMagnitude(delta, 0, n);
            for (int i = 0; i < bottom; i++) delta[order[i]] = 0;
            for (int i = n - top; i < n; i++) delta[order[i]] = 0;
        }
    },

    /// Each with a probability that rises with its rank by magnitude in its row, from `density − epsilon` to
    /// `density + epsilon`.
    BY_RANK {
        @Override
        void thin(float[] delta, Settings s) {
            if (s.density() + s.epsilon() >= 1 || s.density() - s.epsilon() <= 0) {
                throw new MergeException("epsilon: %s, expected density (%s) ± epsilon between 0 and 1"
                        .formatted(s.epsilon(), s.density()));
            }
            SplittableRandom rng = new SplittableRandom(s.seed());
            int width = delta.length / s.rows();
            for (int r = 0; r < s.rows(); r++) {
                int[] order = byMagnitude(delta, r * width, width);
                for (int rank = 0; rank < width; rank++) {
                    double share = width == 1 ? 0 : (double) rank / (width - 1);
                    double p = s.density() - s.epsilon() + share * 2 * s.epsilon();
                    if (rng.nextDouble() >= p) delta[order[rank]] = 0;
                }
            }
        }
    };

    /// @param rows extent of the first axis
    /// @param density share that is kept
    /// @param gamma share of outliers
    /// @param epsilon how far probabilities reach from the density
    record Settings(int rows, double density, double gamma, double epsilon, long seed) {}

    abstract void thin(float[] delta, Settings s);

    /// Keeps a share of `delta`, in place. What is kept is multiplied by one factor, if asked, so that the sum of
    /// magnitudes stays.
    void keep(float[] delta, Settings s, boolean rescale) {
        if (s.density() >= 1) return;
        double before = sum(delta);
        thin(delta, s);
        double after = sum(delta);
        if (!rescale || before < 1e-7 || after < 1e-7) return;
        float factor = (float) (before / after);
        for (int i = 0; i < delta.length; i++) delta[i] *= factor;
    }

    private static double sum(float[] x) {
        double sum = 0;
        for (float v : x) sum += Math.abs(v);
        return sum;
    }

    /// Places of `x` from the smallest magnitude to the largest; of equal ones the later place first.
    private static int[] byMagnitude(float[] x, int from, int count) {
        long[] keys = IntStream.range(0, count)
                .mapToLong(i -> ((long) Float.floatToIntBits(Math.abs(x[from + i])) << 32) | (count - 1 - i))
                .sorted()
                .toArray();
        int[] order = new int[count];
        for (int i = 0; i < count; i++) order[i] = from + count - 1 - (int) keys[i];
        return order;
    }
}
