package dev.gradine.optim;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.Collection;
import java.util.List;

/// Limits the norm of the gradient, over all parameters together.
///
/// ```
/// g ← g · min(1, c / (‖g‖ + 1e-6))        ‖g‖² = Σ over parameters Σ g²
/// ```
///
/// As `torch.nn.utils.clip_grad_norm_`; Pascanu et al. 2013 (arXiv:1211.5063), algorithm 1, plus 1e-6.
public final class Clipping {

    private Clipping() {}

    /// ‖g‖. Squares are added in the order of `params`.
    public static double norm(Collection<Param> params, Kernels run) {
        List<Tensor> grads = params.stream().map(Param::grad).toList();
        return Math.sqrt(run.reduce().sumOfSquares(grads));
    }

    /// What every gradient is multiplied by.
    ///
    /// @param norm ‖g‖
    /// @param most largest norm c; 0 for no limit
    public static double factor(double norm, double most) {
        return most > 0 ? Math.min(1, most / (norm + 1e-6)) : 1;
    }
}
