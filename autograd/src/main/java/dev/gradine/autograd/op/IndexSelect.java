package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;

/// Rows of a table by index: the embedding of tokens, and the choice of those rows that carry loss.
///
/// ```
/// y_n = table[ids_n]      dTable[v] = Σ dy_n over all n with ids_n = v
/// ```
///
/// @param ids `i32[N]`, each in `[0, V)`
public record IndexSelect(Tensor ids) implements Op1<IndexSelect.Saved> {

    /// Shape and type of the table.
    record Saved(Shape table, DType dtype) {}

    /// `[V,C] → f32[N,C]`; the table may have any real type if it is frozen.
    ///
    /// @throws dev.gradine.tensor.ShapeException if `table` is not a matrix
    public static Var indexSelect(Var table, Tensor ids) {
        return table.tape().apply(new IndexSelect(ids), table);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor table) {
        requireRank("index_select", "table", table.shape(), 2);
        Tensor y = k.empty(k.dataType(), Shape.of(ids.size(), table.shape().dim(1)));
        k.indexSelect().forward(ids, table, y);
        return new Forward<>(y, new Saved(table.shape(), table.dtype()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dTable = k.zeros(s.table());
        k.indexSelect().backward(ids, dy, dTable);
        if (s.dtype() == DType.F32) return dTable;
        Tensor rounded = k.empty(s.dtype(), s.table());
        k.copy(dTable, rounded);
        k.release(dTable);
        return rounded;
    }
}
