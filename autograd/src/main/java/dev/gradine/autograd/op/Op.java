package dev.gradine.autograd.op;

import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Every differentiable operation, by arity. The `permits` clauses are the table of contents.
///
/// A gradient an op returns is new memory, its `dy` itself, or all of `dy` under another shape; null where it was not
/// needed. `Saved` lists every tensor that backward reads: inputs, the result, and memory that `forward` has allocated.
/// The tape holds those.
public sealed interface Op permits Op1, Op2, Op3, Op4, Op5, CustomOp {

    /// Whether its result costs less to make again than to keep: norms, gates, masks. A frame of the tape then keeps
    /// what it was made of instead; see `Tape.frame`.
    default boolean isCheap() {
        return false;
    }

    /// Its name in messages.
    default String title() {
        return getClass().getSimpleName();
    }

    /// Result of a forward pass and what the backward pass will re-read.
    ///
    /// @param y the result
    /// @param saved see each op's `Saved`
    record Forward<S>(Tensor y, S saved) {}

    /// Gradients of two inputs.
    ///
    /// @param a of the first
    /// @param b of the second
    record Grads2(@Nullable Tensor a, @Nullable Tensor b) {}

    /// Gradients of three inputs.
    ///
    /// @param a of the first
    /// @param b of the second
    /// @param c of the third
    record Grads3(
            @Nullable Tensor a,
            @Nullable Tensor b,
            @Nullable Tensor c) {}

    /// Gradients of four inputs.
    ///
    /// @param a of the first
    /// @param b of the second
    /// @param c of the third
    /// @param d of the fourth
    record Grads4(
            @Nullable Tensor a,
            @Nullable Tensor b,
            @Nullable Tensor c,
            @Nullable Tensor d) {}

    /// Gradients of five inputs.
    ///
    /// @param a of the first
    /// @param b of the second
    /// @param c of the third
    /// @param d of the fourth
    /// @param e of the fifth
    record Grads5(
            @Nullable Tensor a,
            @Nullable Tensor b,
            @Nullable Tensor c,
            @Nullable Tensor d,
            @Nullable Tensor e) {}
}
