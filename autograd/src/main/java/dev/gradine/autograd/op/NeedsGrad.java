package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Which inputs of an op want a gradient: `dW` of a frozen weight is never computed.
///
/// @param a first input
/// @param b second input
/// @param c third input
/// @param d fourth input
/// @param e fifth input
public record NeedsGrad(boolean a, boolean b, boolean c, boolean d, boolean e) {

    /// All five.
    public static final NeedsGrad ALL = new NeedsGrad(true, true, true, true, true);

    /// In the order of the inputs; those not given want none.
    public static NeedsGrad of(boolean... wanted) {
        boolean[] w = Arrays.copyOf(wanted, 5);
        return new NeedsGrad(w[0], w[1], w[2], w[3], w[4]);
    }

    /// A gradient that its kernel computed along with others: itself if it is wanted, else null and its memory given
    /// back.
    static @Nullable Tensor keep(boolean wanted, Tensor grad, Kernels k) {
        if (wanted) return grad;
        k.release(grad);
        return null;
    }
}
