package dev.gradine.autograd;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A tensor on a tape.
///
/// A result is held until the step ends, unless model code says that the forward pass is done with it. Two statements
/// do, and neither changes a bit of any result:
///
/// ```
/// v.release();      held only as long as backward needs it, perhaps not at all
/// v.recompute();    not held; backward makes it again from what it was made of
/// ```
///
/// An op that reads it all the same fails at once. Neither concerns weights, leaves, constants and views.
public final class Var {

    private final Tape tape;
    private final Tensor value;
    private final boolean tracked;
    private final @Nullable Param param;
    private final Lifetimes.@Nullable Origin origin;

    @Nullable
    Grad grad;

    Var(Tape tape, Tensor value, boolean tracked, @Nullable Param param, Lifetimes.@Nullable Origin origin) {
        this.tape = tape;
        this.value = value;
        this.tracked = tracked;
        this.param = param;
        this.origin = origin;
    }

    /// The tape that recorded it.
    public Tape tape() {
        return tape;
    }

    /// Its values.
    public Tensor value() {
        return value;
    }

    /// Extents of its values.
    public Shape shape() {
        return value.shape();
    }

    /// Whether a gradient reaches it.
    public boolean requiresGrad() {
        return tracked;
    }

    /// Whether the backward pass has left a gradient. Intermediate results lose theirs as soon as it has been used.
    public boolean hasGrad() {
        return grad != null || (param != null && param.isTrained());
    }

    /// The gradient, of the shape of `value`: of a leaf or a trained parameter, after `Tape.backward`.
    ///
    /// @throws IllegalStateException if no backward pass has reached it, or it is an intermediate result
    public Tensor grad() {
        if (param != null) return param.grad();
        Grad g = grad;
        if (g == null) {
            throw new IllegalStateException("grad: none on this variable of shape " + value.shape()
                    + (tracked ? "; no backward pass reached it, or it is not a leaf" : "; it is a constant"));
        }
        return g.tensor;
    }

    /// Says that no later op of the forward pass reads this result. Its memory serves others at once, or as soon as
    /// the last op has read it whose backward needs it.
    public void release() {
        if (origin != null) tape.lifetimes().release(this);
    }

    /// Says that no later op of the forward pass reads this result, and that it is cheap to make. Its memory serves
    /// others at once; where backward needs it, the op that made it runs again, on inputs that are held for it.
    ///
    /// @throws IllegalStateException if such an input was released before
    public void recompute() {
        if (origin != null) tape.lifetimes().recompute(this, origin);
    }

    /// Whether it is the result of an op whose result costs less to make again than to keep.
    boolean isCheap() {
        return origin != null && origin.op().isCheap();
    }

    boolean hasParam() {
        return param != null;
    }

    Param param() {
        if (param == null) throw new IllegalStateException("param: this variable of shape " + shape() + " is none");
        return param;
    }

    /// A gradient tensor and how many variables hold it: `y = a + b` hands one tensor to both sides.
    static final class Grad {
        final Tensor tensor;
        int owners = 1;

        Grad(Tensor tensor) {
            this.tensor = tensor;
        }
    }
}
