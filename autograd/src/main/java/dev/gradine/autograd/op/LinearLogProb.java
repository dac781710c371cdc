package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Language-model head and log-probability of the target in one op: logits exist for a few rows at a time only.
///
/// ```
/// z = h Wᵀ      y_n = z[n, target_n] − log Σ_v exp z[n,v]
/// dz[n,v] = dy_n · (1[v = target_n] − softmax(z_n)_v)      dh = dz W      dW = dzᵀ h
/// ```
///
/// While a chunk's logits exist, forward also computes `g_n = dz_n W` for `dy_n = 1`; backward is then
/// `dh_n = dy_n · g_n` and no logits are computed twice. If W is trained as well, backward computes them
/// again instead, chunk by chunk: dW needs dy. Logits and g have the type of h.
///
/// @param targets `i32[N]`, each in `[0, V)`
/// @param stats filled on the way if given
/// @param smoothing ε
/// @param slopes whether forward computes g
public record LinearLogProb(Tensor targets, @Nullable Stats stats, float smoothing, boolean slopes)
        implements Op2<LinearLogProb.Saved> {

    /// What backward needs: `g f32[N,C]`, or h, W and `lse f32[N]`, from which it recovers the softmax without a second
    /// reduction.
    record Saved(
            @Nullable Tensor g,
            @Nullable Tensor h,
            @Nullable Tensor w,
            @Nullable Tensor lse) {}

    /// `h f32[N,C], W [V,C] → f32[N]`, nats; a frozen W may have any real type.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the inner sizes differ or there is not one target a row
    public static Var linearLogProb(Var h, Var w, Tensor targets, @Nullable Stats stats) {
        return linearLogProb(h, w, targets, stats, 0);
    }

    /// The same with a smoothing ε.
    public static Var linearLogProb(Var h, Var w, Tensor targets, @Nullable Stats stats, float smoothing) {
        boolean slopes = h.requiresGrad() && !w.requiresGrad();
        return h.tape().apply(new LinearLogProb(targets, stats, smoothing, slopes), h, w);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor h, Tensor w) {
        requireRank("linear_log_prob", "w", w.shape(), 2);
        int n = h.shape().rows();
        require("linear_log_prob", "h", h.shape(), Shape.of(n, w.shape().dim(1)), "last axis of w " + w.shape());
        require("linear_log_prob", "targets", targets.shape(), Shape.of(n), "rows of h " + h.shape());
        Tensor y = k.empty(Shape.of(n));
        Tensor lse = k.empty(Shape.of(n));
        @Nullable Tensor g = slopes ? k.emptyLike(h) : null;
        int step = chunkRows(k, w, n);
        for (int from = 0; from < n; from += step) {
            int to = Math.min(n, from + step);
            try (Kernels scratch = k.openStep()) {
                Tensor z = logits(scratch, h.rows(from, to), w);
                k.logProb().forward(z, targets.rows(from, to), y.rows(from, to), lse.rows(from, to), stats(from, to));
                if (g == null) continue;
                Tensor one = scratch.empty(Shape.of(to - from));
                k.elementwise().fill(one, 1);
                k.logProb().backward(one, targets.rows(from, to), lse.rows(from, to), smoothing, z);
                k.matMul().nn(z, w, 1, false, g.rows(from, to));
            }
        }
        Smoothing.apply(k, smoothing, y, lse, stats);
        return new Forward<>(y, g == null ? new Saved(null, h, w, lse) : new Saved(g, null, null, null));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        if (s.g() != null) {
            Tensor dh = k.emptyLike(s.g());
            k.elementwise().scaleRows(s.g(), dy, dh);
            return new Grads2(NeedsGrad.keep(needs.a(), dh, k), null);
        }
        Tensor h = Objects.requireNonNull(s.h());
        Tensor w = Objects.requireNonNull(s.w());
        Tensor lse = Objects.requireNonNull(s.lse());
        @Nullable Tensor dh = needs.a() ? k.emptyLike(h) : null;
        @Nullable Tensor dw = needs.b() ? k.zeros(w.shape()) : null;
        int n = h.shape().rows();
        int step = chunkRows(k, w, n);
        for (int from = 0; from < n; from += step) {
            int to = Math.min(n, from + step);
            try (Kernels scratch = k.openStep()) {
                Tensor z = logits(scratch, h.rows(from, to), w);
                k.logProb().backward(dy.rows(from, to), targets.rows(from, to), lse.rows(from, to), smoothing, z);
                if (dh != null) k.matMul().nn(z, w, 1, false, dh.rows(from, to));
                if (dw != null) k.matMul().tn(z, h.rows(from, to), 1, true, dw);
            }
        }
        return new Grads2(dh, dw);
    }

    private static Tensor logits(Kernels scratch, Tensor h, Tensor w) {
        Tensor z = scratch.empty(h.dtype(), Shape.of(h.shape().dim(0), w.shape().dim(0)));
        scratch.matMul().nt(h, w, 1, false, z);
        return z;
    }

    /// Rows of a chunk, so that all have about as many.
    private static int chunkRows(Kernels k, Tensor w, int n) {
        int most = Math.max(1, k.chunkValues() / Math.max(1, w.shape().dim(0)));
        int chunks = Math.max(1, Math.ceilDiv(n, most));
        return Math.max(1, Math.ceilDiv(n, chunks));
    }

    private @Nullable Stats stats(int from, int to) {
        if (stats == null) return null;
        Tensor collision = stats.collision();
        return new Stats(
                stats.entropy().rows(from, to),
                stats.argmax().rows(from, to),
                stats.meanLogit().rows(from, to),
                collision == null ? null : collision.rows(from, to));
    }
}
