package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.IndexSelectKernel;
import dev.gradine.tensor.kernel.Operands;
import java.lang.foreign.MemorySegment;

/// Rows of a table by index. Backward splits by columns, so that a row named twice is added to in order.
final class IndexSelectCpu implements IndexSelectKernel {

    static final IndexSelectKernel KERNEL = new IndexSelectCpu();

    private static final String OP = "index_select";

    private IndexSelectCpu() {}

    @Override
    public void forward(Tensor ids, Tensor table, Tensor y) {
        int c = y.shape().last();
        Operands.requireRows(OP, "table", table, c);
        int n = y.shape().rows();
        int limit = table.shape().rows();
        long at = Operand.ints(OP, "ids", ids, n);
        long to = Operand.write(OP, "y", y, y.size());
        RealValues from = RealValues.of(table);
        long plain = table.dtype() == DType.F32 ? Native.address(table) : 0;
        Chunks.rows(n, c, (first, end) -> {
            for (int row = first; row < end; row++) {
                long id = Operand.index(OP, "ids", at, row, limit);
                long y0 = to + 4L * row * c;
                if (plain != 0) MemorySegment.copy(Native.MEMORY, plain + 4 * id * c, Native.MEMORY, y0, 4L * c);
                else decode(from, id * c, y0, c);
            }
        });
    }

    private static void decode(RealValues table, long from, long y, int c) {
        float[] values = ThreadArrays.floats(c);
        table.read(from, c, values, 0);
        Vectors.write(values, 0, y, 0, c);
    }

    @Override
    public void backward(Tensor ids, Tensor dy, Tensor dTable) {
        int c = dy.shape().last();
        Operands.requireRows(OP, "dTable", dTable, c);
        int n = dy.shape().rows();
        int limit = dTable.shape().rows();
        long at = Operand.ints(OP, "ids", ids, n);
        long d = Operand.read(OP, "dy", dy, dy.size());
        long table = Operand.write(OP, "dTable", dTable, dTable.size());
        Columns.forEach(c, n, (from, to) -> {
            for (int row = 0; row < n; row++) {
                long id = Operand.index(OP, "ids", at, row, limit);
                RowBlocks.add(d + 4L * row * c, table + 4L * id * c, from, to);
            }
        });
    }
}
