package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.autograd.op.Permute;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Skew-symmetric matrices of the values above their diagonals.
///
/// ```
/// y_b[i,j] = x_b[at(i,j)] for i < j, −x_b[at(j,i)] for i > j, 0 for i = j
/// dx_b[at(i,j)] = dy_b[i,j] − dy_b[j,i]       at counts the places above the diagonal, row by row
/// ```
///
/// Values stay f32 whatever layers compute in.
///
/// @param size N
record Skew(int size) implements CustomOp<Skew.Saved> {

    /// Shape of x.
    record Saved(Shape x) {}

    /// `f32[B,N(N−1)/2] → f32[B,N,N]`
    static Var skew(Var x, int size) {
        return x.tape().apply(new Skew(size), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
        Tensor x = inputs.getFirst();
        int batch = x.shape().dim(0);
        Tensor places = Permute.permuted(k, x, 1, 0);
        Tensor turned = k.empty(Shape.of(size * size, batch));
        k.indexSelect().forward(k.ofInts(index()), places, turned);
        k.elementwise().scaleRows(turned, signs(k), turned);
        Tensor y = Permute.permuted(k, turned, 1, 0).reshape(Shape.of(batch, size, size));
        return new Forward<>(y, new Saved(x.shape()));
    }

    @Override
    public List<@Nullable Tensor> backward(Kernels k, Saved s, Tensor dy) {
        int batch = s.x().dim(0);
        Tensor turned = Permute.permuted(k, dy.reshape(Shape.of(batch, size * size)), 1, 0);
        k.elementwise().scaleRows(turned, signs(k), turned);
        Tensor places = k.zeros(Shape.of(s.x().dim(1), batch));
        k.indexSelect().backward(k.ofInts(index()), turned, places);
        return List.of(Permute.permuted(k, places, 1, 0));
    }

    /// Place in x of each value of y; any of those that are 0.
    private int[] index() {
        int[] index = new int[size * size];
        int at = 0;
        for (int i = 0; i < size; i++) {
            for (int j = i + 1; j < size; j++) index[i * size + j] = index[j * size + i] = at++;
        }
        return index;
    }

    private Tensor signs(Kernels k) {
        float[] signs = new float[size * size];
        for (int i = 0; i < size; i++) for (int j = 0; j < size; j++) signs[i * size + j] = Integer.signum(j - i);
        return k.of(Shape.of(signs.length), signs);
    }
}
