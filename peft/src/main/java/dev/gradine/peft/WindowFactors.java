package dev.gradine.peft;

import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Permute.transpose;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;

/// The weight of a convolution as a product of three factors, one of which sees the window alone.
///
/// ```
/// W[o,c,r,s] = Σ_{a,b} T[a,b,r,s] · A[a,o] · B[b,c]
/// ```
///
/// Yeh et al. 2024 (LyCORIS, arXiv:2309.14859), section 3.2: a Tucker decomposition that leaves the window as it is.
final class WindowFactors {

    private WindowFactors() {}

    /// `f32[O, C · R · S]`
    ///
    /// @param t `f32[K,K,R,S]`
    /// @param a `f32[K,O]`
    /// @param b `f32[K,C]`
    static Var matrix(Var t, Var a, Var b) {
        Shape s = t.shape();
        int k = s.dim(0);
        int window = s.dim(2) * s.dim(3);
        int channels = b.shape().dim(1);
        Var rows = reshape(permute(reshape(t, k, k, window), 0, 2, 1), k * window, k);
        Var seen = reshape(matMul(rows, transpose(b)), k, window, channels);
        Var wide = reshape(permute(seen, 0, 2, 1), k, channels * window);
        return matMul(transpose(a), transpose(wide));
    }
}
