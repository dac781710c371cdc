package dev.gradine.autograd;

import dev.gradine.autograd.Var.Grad;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Sums the gradients that reach a variable on several ways, and gives back what has been used.
final class Gradients {

    private final Kernels kernels;

    Gradients(Kernels kernels) {
        this.kernels = kernels;
    }

    /// Takes in one gradient `g` of `v`, which an op has computed from `up`; none where it is null.
    void accumulate(Var v, @Nullable Tensor g, Grad up) {
        if (g == null) return;
        boolean shared = g.sharesMemoryWith(up.tensor);
        if (v.requiresGrad() && !v.hasParam() && v.grad == null) {
            v.grad = shared ? share(g, up) : new Grad(g);
            return;
        }
        if (v.requiresGrad()) add(v, g);
        if (!shared) kernels.release(g);
    }

    private Grad share(Tensor g, Grad up) {
        if (g.shape().equals(up.tensor.shape())) {
            up.owners++;
            return up;
        }
        Tensor own = kernels.emptyLike(g); // a reshaped view cannot be counted with the whole
        kernels.copy(g, own);
        return new Grad(own);
    }

    private void add(Var v, Tensor g) {
        if (v.hasParam()) {
            kernels.elementwise().axpy(1, g, v.param().grad());
            return;
        }
        Grad have = Objects.requireNonNull(v.grad);
        if (have.owners == 1) {
            kernels.elementwise().axpy(1, g, have.tensor);
        } else {
            Tensor sum = kernels.emptyLike(have.tensor);
            kernels.elementwise().add(have.tensor, g, sum);
            drop(have);
            v.grad = new Grad(sum);
        }
    }

    /// Says that one of its holders has used `g`.
    void drop(Grad g) {
        if (--g.owners == 0) kernels.release(g.tensor);
    }
}
