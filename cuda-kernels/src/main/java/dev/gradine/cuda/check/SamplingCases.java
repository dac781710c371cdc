package dev.gradine.cuda.check;

import dev.gradine.cuda.CudaKernels;
import dev.gradine.cuda.SamplingCuda;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Tokens from logits: the same ones. No running sum of a draw lies within rounding of where u cuts.
public final class SamplingCases {

    private static final float TEMPERATURE = 0.8f;
    private static final int[][] SHAPES = {{0, 8}, {1, 1}, {3, 7}, {2, 31}, {20, 64}, {5, 65}, {2, 1000}, {2, 4099}};

    private SamplingCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int[] s : SHAPES) {
                all.add(argmax(type, s[0], s[1]));
                all.add(draw(type, s[0], s[1]));
                for (int k : new int[] {1, 5, 40, 1000}) {
                    if (k <= s[1]) all.add(largest(type, s[0], s[1], k));
                }
            }
        }
        return all;
    }

    private static SamplingCuda on(Inputs in) {
        return ((CudaKernels) in.kernels()).sampling();
    }

    private static float[] row(Inputs in, int row, int n, int v) {
        return in.kernels().download(in.data(1, n, v).rows(row, row + 1));
    }

    private static KernelCase argmax(DType type, int n, int v) {
        return new KernelCase(
                "sampling_argmax [%d, %d]".formatted(n, v),
                type,
                0,
                in -> {
                    Tensor tokens = in.outInts(n);
                    on(in).argmax(in.data(1, n, v), tokens);
                    return List.of(tokens);
                },
                in -> List.of(in.ints(IntStream.range(0, n)
                        .map(r -> falling(row(in, r, n, v))[0])
                        .toArray())));
    }

    /// Tokens by falling logit, ties by number.
    private static int[] falling(float[] z) {
        return IntStream.range(0, z.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -z[i] + 0.0).thenComparing(i -> i))
                .mapToInt(i -> i)
                .toArray();
    }

    private static float[] cuts(int n) {
        SplittableRandom rng = new SplittableRandom(9);
        float[] u = new float[n];
        for (int i = 0; i < n; i++) u[i] = i == 0 ? 0 : (float) rng.nextDouble();
        return u;
    }

    private static KernelCase draw(DType type, int n, int v) {
        return new KernelCase(
                "sampling_draw [%d, %d]".formatted(n, v),
                type,
                0,
                in -> {
                    Tensor tokens = in.outInts(n);
                    on(in).draw(in.data(1, n, v), TEMPERATURE, in.single(Shape.of(n), cuts(n)), tokens);
                    return List.of(tokens);
                },
                in -> List.of(in.ints(IntStream.range(0, n)
                        .map(r -> drawn(row(in, r, n, v), cuts(n)[r]))
                        .toArray())));
    }

    private static int drawn(float[] z, double u) {
        double whole = 0;
        for (float x : z) whole += Math.exp(x / (double) TEMPERATURE);
        double sum = 0;
        int i = 0;
        for (; i < z.length - 1; i++) {
            sum += Math.exp(z[i] / (double) TEMPERATURE);
            if (sum > u * whole) break;
        }
        return i;
    }

    private static KernelCase largest(DType type, int n, int v, int k) {
        return new KernelCase(
                "sampling_largest %d of [%d, %d]".formatted(k, n, v),
                type,
                0,
                in -> {
                    Tensor values = in.outSingle(n, k);
                    Tensor tokens = in.outInts(n * k);
                    on(in).largest(in.data(1, n, v), values, tokens);
                    return List.of(values, tokens);
                },
                in -> {
                    float[] values = new float[n * k];
                    int[] tokens = new int[n * k];
                    for (int r = 0; r < n; r++) {
                        float[] z = row(in, r, n, v);
                        int[] order = falling(z);
                        for (int i = 0; i < k; i++) {
                            tokens[r * k + i] = order[i];
                            values[r * k + i] = z[order[i]];
                        }
                    }
                    return List.of(in.single(Shape.of(n, k), values), in.ints(tokens));
                });
    }
}
