package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Columns of a matrix by index, as rows: PEFT stores the A of an embedding with its tokens side by side.
///
/// ```
/// y_n = A[:, ids_n]      dA[:, v] = Σ dy_n over all n with ids_n = v
/// ```
///
/// @param index place in A of each value of y, `i32[N·R]`
record SelectedColumns(Tensor index) implements CustomOp<SelectedColumns.Saved> {

    /// Shape of A.
    record Saved(Shape a) {}

    /// `f32[R,V] → [N,R]`
    ///
    /// @param ids each in `[0, V)`
    static Var columns(Var a, int[] ids) {
        return a.tape().apply(new SelectedColumns(a.tape().kernels().ofInts(index(a.shape(), ids))), a);
    }

    @Override
    public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
        Tensor a = inputs.getFirst();
        int rank = a.shape().dim(0);
        Tensor y = k.empty(k.dataType(), Shape.of(index.size() / rank, rank));
        k.indexSelect().forward(index, single(a), single(y));
        return new Forward<>(y, new Saved(a.shape()));
    }

    private static int[] index(Shape a, int[] ids) {
        int rank = a.dim(0);
        int[] index = new int[ids.length * rank];
        for (int n = 0; n < ids.length; n++) {
            for (int r = 0; r < rank; r++) index[n * rank + r] = r * a.dim(1) + ids[n];
        }
        return index;
    }

    /// All values below each other.
    private static Tensor single(Tensor t) {
        return t.reshape(Shape.of(t.size(), 1));
    }

    @Override
    public List<@Nullable Tensor> backward(Kernels k, Saved s, Tensor dy) {
        Tensor da = k.zeros(s.a());
        k.indexSelect().backward(index, single(dy), single(da));
        return List.of(da);
    }

    /// `f32[R,C] → f32[C,R]`, in the memory of `k`.
    static Tensor transposed(Tensor t, Kernels k) {
        int columns = t.shape().dim(1);
        int[] all = new int[columns];
        for (int i = 0; i < columns; i++) all[i] = i;
        Tensor y = k.empty(Shape.of(columns, t.shape().dim(0)));
        Tensor index = k.ofInts(index(t.shape(), all));
        k.indexSelect().forward(index, single(t), single(y));
        k.release(index);
        return y;
    }
}
