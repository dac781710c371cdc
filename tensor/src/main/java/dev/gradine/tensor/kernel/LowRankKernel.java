package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of a linear layer with a low-rank update, Hu et al. 2021 (arXiv:2106.09685), eq. 3.
///
/// `W [O,I]` may have any real type, all else is f32: `A [R,I]`, `B [O,R]`. Outputs are overwritten and share no memory
/// with an input. The gradients of A and B are products of `MatMulKernel`: `duᵀ x` and `s · dyᵀ u`.
public interface LowRankKernel {

    /// `u[N,R] = x Aᵀ` and `y[N,O] = x Wᵀ + s · u Bᵀ`.
    void forward(Tensor x, Tensor w, Tensor a, Tensor b, float s, Tensor u, Tensor y);

    /// `du[N,R] = s · dy B` and `dx[N,I] = dy W + du A`.
    void inputGradient(Tensor dy, Tensor w, Tensor a, Tensor b, float s, Tensor du, Tensor dx);
}
