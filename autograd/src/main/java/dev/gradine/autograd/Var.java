package dev.gradine.autograd;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A tensor on a tape.
public final class Var {

    private final Tape tape;
    private final Tensor value;
    private final boolean tracked;
    private final @Nullable Param param;

    @Nullable
    Grad grad;

    Var(Tape tape, Tensor value, boolean tracked, @Nullable Param param) {
        this.tape = tape;
        this.value = value;
        this.tracked = tracked;
        this.param = param;
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
    public boolean tracked() {
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
