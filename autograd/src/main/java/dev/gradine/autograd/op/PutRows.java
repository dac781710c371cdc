package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/// Writes rows over some rows of a matrix: images or trained prompts in place of the embeddings of tokens.
///
/// ```
/// y_n = r_i where n = ids_i, else x_n      dr_i = dy[ids_i]      dx_n = 0 where n is one of ids, else dy_n
/// ```
///
/// @param ids `i32[M]`, each in `[0, N)`, none twice
public record PutRows(Tensor ids) implements Op2<PutRows.Saved> {

    /// Shape of the rows that were written.
    record Saved(Shape rows) {}

    /// `f32[N,C], f32[M,C] → f32[N,C]`
    ///
    /// @param at which row of `x` each of `rows` replaces
    /// @throws dev.gradine.tensor.ShapeException if `rows` is not one row for each of `at`, as long as those of `x`
    /// @throws IllegalArgumentException if a number of `at` is no row of `x` or is there twice
    public static Var putRows(Var x, Var rows, int... at) {
        BitSet seen = new BitSet();
        int n = x.shape().dim(0);
        for (int i : at) {
            if (i < 0 || i >= n) {
                throw new IllegalArgumentException(
                        "put_rows: row is %d, expected 0 to %d (x %s)".formatted(i, n - 1, x.shape()));
            }
            if (seen.get(i)) {
                throw new IllegalArgumentException("put_rows: row %d is written twice, expected once".formatted(i));
            }
            seen.set(i);
        }
        return x.tape().apply(new PutRows(x.tape().kernels().ofInts(at)), x, rows);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor rows) {
        Shape expected = Shape.of(ids.size(), x.shape().last());
        require("put_rows", "rows", rows.shape(), expected, "one row for each id, as long as those of x " + x.shape());
        DTypeException.require("put_rows", "rows", rows, x.dtype());
        Tensor y = k.emptyLike(x);
        k.copy(x, y);
        k.layout().putRows(ids, rows, y);
        return new Forward<>(y, new Saved(rows.shape()));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        @Nullable Tensor dx = null;
        if (needs.a()) {
            dx = k.emptyLike(dy);
            k.copy(dy, dx);
            Tensor zeros = k.empty(dy.dtype(), s.rows());
            k.elementwise().fill(zeros, 0);
            k.layout().putRows(ids, zeros, dx);
            k.release(zeros);
        }
        @Nullable Tensor dRows = null;
        if (needs.b()) {
            dRows = k.empty(dy.dtype(), s.rows());
            k.indexSelect().forward(ids, dy, dRows);
        }
        return new Grads2(dx, dRows);
    }
}
