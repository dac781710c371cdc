package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import org.jspecify.annotations.Nullable;

/// Language-model head and log-probability of the target in one op: logits exist for a few rows at a time only.
///
/// ```
/// z = h Wᵀ      y_n = z[n, target_n] − log Σ_v exp z[n,v]
/// dz[n,v] = dy_n · (1[v = target_n] − softmax(z_n)_v)      dh = dz W      dW = dzᵀ h
/// ```
///
/// Backward computes the logits again, chunk by chunk: one more product with W instead of N × V floats of memory.
///
/// @param targets `i32[N]`, each in `[0, V)`
/// @param stats filled on the way if given
public record LinearLogProb(Tensor targets, @Nullable Stats stats) implements Op2<LinearLogProb.Saved> {

    /// Logits of one chunk, at most: 48 MB of f32.
    private static final int CHUNK_VALUES = 12 << 20;

    /// `lse f32[N]`, from which backward recovers the softmax without a second reduction.
    record Saved(Tensor h, Tensor w, Tensor lse) {}

    /// `h f32[N,C], W [V,C] → f32[N]`, nats; a frozen W may have any real type.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the inner sizes differ or there is not one target a row
    public static Var linearLogProb(Var h, Var w, Tensor targets, @Nullable Stats stats) {
        return h.tape().apply(new LinearLogProb(targets, stats), h, w);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor h, Tensor w) {
        requireRank("linear_log_prob", "w", w.shape(), 2);
        int n = h.shape().rows();
        require("linear_log_prob", "h", h.shape(), Shape.of(n, w.shape().dim(1)), "last axis of w " + w.shape());
        require("linear_log_prob", "targets", targets.shape(), Shape.of(n), "rows of h " + h.shape());
        Tensor y = k.empty(Shape.of(n));
        Tensor lse = k.empty(Shape.of(n));
        int step = chunkRows(w);
        for (int from = 0; from < n; from += step) {
            int to = Math.min(n, from + step);
            try (Kernels scratch = k.openStep()) {
                Tensor z =
                        scratch.empty(DType.F32, Shape.of(to - from, w.shape().dim(0)));
                k.matMul().nt(h.rows(from, to), w, 1, false, z);
                Tensor lseRows = lse.rows(from, to);
                k.logProb().forward(z, targets.rows(from, to), y.rows(from, to), lseRows, stats(from, to));
            }
        }
        return new Forward<>(y, new Saved(h, w, lse));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, Needs needs) {
        @Nullable Tensor dh = needs.a() ? k.empty(s.h().shape()) : null;
        @Nullable Tensor dw = needs.b() ? k.zeros(s.w().shape()) : null;
        int n = s.h().shape().rows();
        int step = chunkRows(s.w());
        for (int from = 0; from < n; from += step) {
            int to = Math.min(n, from + step);
            Tensor h = s.h().rows(from, to);
            try (Kernels scratch = k.openStep()) {
                Tensor z = scratch.empty(
                        DType.F32, Shape.of(to - from, s.w().shape().dim(0)));
                k.matMul().nt(h, s.w(), 1, false, z);
                k.logProb()
                        .backward(
                                dy.rows(from, to),
                                targets.rows(from, to),
                                s.lse().rows(from, to),
                                z);
                if (dh != null) k.matMul().nn(z, s.w(), 1, false, dh.rows(from, to));
                if (dw != null) k.matMul().tn(z, h, 1, true, dw);
            }
        }
        return new Grads2(dh, dw);
    }

    private static int chunkRows(Tensor w) {
        return Math.max(1, CHUNK_VALUES / Math.max(1, w.shape().dim(0)));
    }

    private @Nullable Stats stats(int from, int to) {
        if (stats == null) return null;
        return new Stats(
                stats.entropy().rows(from, to),
                stats.argmax().rows(from, to),
                stats.meanLogit().rows(from, to));
    }
}
