package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.check.RowShapes.Rows;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Log-probabilities: positive sums of exponentials, each off by about 8 roundings on either device.
public final class LogProbCases {

    private static final double ROUNDINGS = 24;

    private LogProbCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Rows r : RowShapes.all()) {
                all.add(forward(type, r.n(), r.c()));
                all.add(statistics(type, r.n(), r.c()));
                all.add(backward(type, r.n(), r.c(), 0));
                all.add(backward(type, r.n(), r.c(), 0.25f));
            }
            all.add(forbidden(type));
            all.add(rising(type));
        }
        return all;
    }

    /// Outputs are f32 whatever the type of the logits.
    private static double bound(int v) {
        return Bounds.of(DType.F32, ROUNDINGS + Bounds.sum(v));
    }

    private static KernelCase forward(DType type, int n, int v) {
        return KernelCase.of("log_prob_forward [%d, %d]".formatted(n, v), type, bound(v), in -> {
            Tensor logProb = in.outSingle(n);
            Tensor lse = in.outSingle(n);
            Tensor targets = in.ints(Inputs.indices(2, n, v));
            in.kernels().logProb().forward(in.data(1, n, v), targets, logProb, lse, null);
            return List.of(logProb, lse);
        });
    }

    private static KernelCase statistics(DType type, int n, int v) {
        return KernelCase.of("log_prob_forward_stats [%d, %d]".formatted(n, v), type, bound(v), in -> {
            Tensor logits = in.data(1, n, v);
            return statistics(in, logits, in.ints(Inputs.indices(2, n, v)));
        });
    }

    private static List<Tensor> statistics(Inputs in, Tensor logits, Tensor targets) {
        int n = logits.shape().rows();
        Tensor logProb = in.outSingle(n);
        Tensor lse = in.outSingle(n);
        Stats stats = new Stats(in.outSingle(n), in.outInts(n), in.outSingle(n), in.outSingle(n));
        in.kernels().logProb().forward(logits, targets, logProb, lse, stats);
        return List.of(logProb, lse, stats.entropy(), stats.argmax(), stats.collision(), stats.meanLogit());
    }

    /// A row of which most logits are −∞, as where tokens are forbidden, and large ones.
    private static KernelCase forbidden(DType type) {
        return KernelCase.of("log_prob_forward_stats forbidden", type, bound(64), in -> {
            float[] z = new float[64];
            Arrays.fill(z, Float.NEGATIVE_INFINITY);
            z[40] = 1000;
            z[41] = 999;
            z[63] = 1000;
            List<Tensor> all = new ArrayList<>(statistics(in, in.data(Shape.of(1, 64), z), in.ints(41)));
            all.removeLast(); // the mean is −∞
            return all;
        });
    }

    /// Logits that rise by 400 along the row: every one moves the sums.
    private static KernelCase rising(DType type) {
        return KernelCase.of("log_prob_forward_stats rising", type, bound(1000), in -> {
            float[] z = new float[1000];
            for (int i = 0; i < z.length; i++) z[i] = 0.4f * i;
            return statistics(in, in.data(Shape.of(1, 1000), z), in.ints(998));
        });
    }

    private static KernelCase backward(DType type, int n, int v, float smoothing) {
        double bound = Bounds.of(type, ROUNDINGS);
        return KernelCase.of("log_prob_backward [%d, %d] smoothing %s".formatted(n, v, smoothing), type, bound, in -> {
            Tensor logits = in.data(1, n, v);
            float[] lse = new float[n];
            Arrays.fill(lse, (float) Math.log(v) + 1);
            Tensor targets = in.ints(Inputs.indices(2, n, v));
            in.kernels().logProb().backward(in.single(3, n), targets, in.single(Shape.of(n), lse), smoothing, logits);
            return List.of(logits);
        });
    }
}
