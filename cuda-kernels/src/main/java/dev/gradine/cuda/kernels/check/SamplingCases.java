package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Tokens from logits: the same ones. No running sum of a draw lies within rounding of where u or topP cuts.
public final class SamplingCases {

    private static final int[][] SHAPES = {{0, 8}, {1, 1}, {3, 7}, {2, 31}, {20, 64}, {5, 65}, {2, 1000}, {2, 4099}};

    private static final List<SamplingParams> RULES = List.of(
            SamplingParams.GREEDY,
            new SamplingParams(0.8, 0, 1),
            new SamplingParams(1, 1, 1),
            new SamplingParams(1.5, 40, 1),
            new SamplingParams(0.7, 0, 0.9),
            new SamplingParams(1, 5000, 0.999),
            new SamplingParams(1.2, 0, 1, 0.02),
            new SamplingParams(0.9, 60, 0.98, 0.05));

    private SamplingCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int[] s : SHAPES) for (SamplingParams params : RULES) all.add(draw(type, params, s[0], s[1]));
            // more rows than blocks, several warps each
            for (int v : new int[] {601, 2048}) all.add(draw(type, SamplingParams.GREEDY, 40, v));
        }
        return all;
    }

    private static double[] cuts(int n) {
        SplittableRandom rng = new SplittableRandom(9);
        double[] u = new double[n];
        for (int i = 0; i < n; i++) u[i] = i == 0 ? 0 : rng.nextDouble();
        return u;
    }

    private static KernelCase draw(DType type, SamplingParams params, int n, int v) {
        String name = "sampling [%d, %d] temperature %s top-k %d top-p %s min-p %s"
                .formatted(n, v, params.temperature(), params.topK(), params.topP(), params.minP());
        return KernelCase.of(name, type, 0, in -> {
            Tensor tokens = in.outInts(n);
            in.kernels().sampling().draw(in.data(1, n, v), params, cuts(n), tokens);
            return List.of(tokens);
        });
    }
}
