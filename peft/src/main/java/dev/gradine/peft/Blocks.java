package dev.gradine.peft;

import static dev.gradine.autograd.op.BatchMatMul.batchMatMul;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Inverse.inverse;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Var;

/// Rotations made of skew-symmetric matrices Q, and inputs turned by one rotation for each block of them.
///
/// A rotation of −Q is the transpose of that of Q; products here take their second matrix transposed.
final class Blocks {

    private Blocks() {}

    /// Cayley's rotation `(1 − Q)(1 + Q)⁻¹`.
    ///
    /// @param q `f32[B,N,N]`
    static Var cayley(Var q, Here h) {
        Var less = add(neg(q), h.unit(q.shape().last()));
        return batchMatMul(less, inverse(less)); // (1 − Q)⁻ᵀ = (1 + Q)⁻¹
    }

    /// The same by the beginning of Neumann's series: `1 + 2 Q + 2 Q² + … + 2 Qᵏ⁻² + Qᵏ⁻¹`, of k terms, as PEFT counts
    /// them: two are `1 + 2 Q`, and three are four.
    static Var neumann(Var q, int terms, Here h) {
        Var sum = add(scale(q, 2), h.unit(q.shape().last()));
        if (terms == 2) return sum;
        Var turned = neg(q);
        Var power = batchMatMul(q, turned);
        sum = add(sum, scale(power, 2));
        for (int j = 3; j < terms - 1; j++) {
            power = batchMatMul(power, turned);
            sum = add(sum, scale(power, 2));
        }
        return add(sum, batchMatMul(power, turned));
    }

    /// `y_b = x_b R_bᵀ`, b counts the blocks of an input.
    ///
    /// @param x `f32[N,I]`
    /// @param r `f32[B,I/B,I/B]`, or one for all blocks `f32[1,b,b]`
    static Var turned(Var x, Var r) {
        int n = x.shape().dim(0);
        int in = x.shape().dim(1);
        int b = r.shape().last();
        if (r.shape().dim(0) == 1) return reshape(matMul(reshape(x, n * (in / b), b), reshape(r, b, b)), n, in);
        Var blocks = permute(reshape(x, n, in / b, b), 1, 0, 2);
        return reshape(permute(batchMatMul(blocks, r), 1, 0, 2), n, in);
    }
}
