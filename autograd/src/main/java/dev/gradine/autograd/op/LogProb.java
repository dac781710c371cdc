package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import org.jspecify.annotations.Nullable;

/// Log-probability of one given token per row of logits; its negative is the cross entropy of that row.
///
/// ```
/// y_n = log p_n[target_n]      p_n = softmax(z_n)      dz[n,v] = dy_n · (1[v = target_n] − p_n[v])
/// ```
///
/// With a smoothing ε it is `(1 − ε) · log p[target] + ε/V · Σ_v log p[v]`, and the gradient has the weights
/// `(1 − ε) · 1[v = target] + ε/V` in the place of 1[v = target].
///
/// For logits that exist anyway; `LinearLogProb` computes the same from hidden states without storing them.
///
/// @param targets `i32[N]`, each in `[0, V)`
/// @param stats filled on the way if given; smoothing needs them
/// @param smoothing ε
public record LogProb(Tensor targets, @Nullable Stats stats, float smoothing) implements Op1<LogProb.Saved> {

    /// `lse f32[N]`, from which the softmax follows without a second reduction.
    record Saved(Tensor logits, Tensor lse) {}

    /// `f32[N,V] → f32[N]`, nats
    ///
    /// @throws dev.gradine.tensor.ShapeException if there is not one target a row
    public static Var logProb(Var logits, Tensor targets, @Nullable Stats stats) {
        return logProb(logits, targets, stats, 0);
    }

    /// The same with a smoothing ε.
    public static Var logProb(Var logits, Tensor targets, @Nullable Stats stats, float smoothing) {
        return logits.tape().apply(new LogProb(targets, stats, smoothing), logits);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor logits) {
        requireRank("log_prob", "logits", logits.shape(), 2);
        Shape n = logits.shape().dropLast();
        require("log_prob", "targets", targets.shape(), n, "rows of logits " + logits.shape());
        Tensor y = k.empty(n);
        Tensor lse = k.empty(n);
        k.logProb().forward(logits, targets, y, lse, stats);
        Smoothing.apply(k, smoothing, y, lse, stats);
        return new Forward<>(y, new Saved(logits, lse));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dz = k.emptyLike(s.logits());
        k.copy(s.logits(), dz);
        k.logProb().backward(dy, targets, s.lse(), smoothing, dz);
        return dz;
    }
}
