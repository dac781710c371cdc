package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.getInt;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GatherKernel;
import java.lang.foreign.MemorySegment;

/// Rows of a table by index. Backward splits by columns, so that a row named twice is added to in order.
final class GatherCpu implements GatherKernel {

    static final GatherKernel KERNEL = new GatherCpu();

    private GatherCpu() {}

    @Override
    public void forward(Tensor ids, Tensor table, Tensor y) {
        assert y.shape().last() == table.shape().last() && y.shape().rows() == ids.size();
        MemorySegment at = ids.data();
        MemorySegment from = table.data();
        MemorySegment to = y.data();
        DType dtype = table.dtype();
        int c = y.shape().last();
        Chunks.rows(ids.size(), c, (first, end) -> {
            for (int n = first; n < end; n++) row(from, dtype, (long) getInt(at, n) * c, to, (long) n * c, c);
        });
    }

    private static void row(MemorySegment table, DType dtype, long from, MemorySegment y, long to, int c) {
        if (dtype == DType.F32) {
            MemorySegment.copy(table, 4 * from, y, 4 * to, 4L * c);
            return;
        }
        float[] values = ThreadArrays.floats(c);
        Decode.toFloats(table, dtype, from, c, values, 0);
        Vectors.write(values, 0, y, to, c);
    }

    @Override
    public void backward(Tensor ids, Tensor dy, Tensor dTable) {
        assert dy.shape().last() == dTable.shape().last() && dy.shape().rows() == ids.size();
        MemorySegment at = ids.data();
        MemorySegment d = dy.data();
        MemorySegment table = dTable.data();
        int c = dy.shape().last();
        int n = ids.size();
        Columns.forEach(c, n, (from, to) -> {
            for (int row = 0; row < n; row++) add(d, (long) row * c, table, (long) getInt(at, row) * c, from, to);
        });
    }

    private static void add(MemorySegment dy, long row, MemorySegment dTable, long at, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(dTable, at + i).add(load(dy, row + i)), dTable, at + i);
        for (; i < to; i++) set(dTable, at + i, get(dTable, at + i) + get(dy, row + i));
    }
}
