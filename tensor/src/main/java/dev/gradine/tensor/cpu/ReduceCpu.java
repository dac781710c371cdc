package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.getInt;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ReduceKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Sums, cut by sizes alone: a segment, a column and a block of values are each added by one thread in one order.
final class ReduceCpu implements ReduceKernel {

    static final ReduceKernel KERNEL = new ReduceCpu();

    private static final int BLOCK = 1 << 15; // values whose squares one part adds
    private static final int ROW_BLOCK = 64; // rows added before they join the total, so that errors grow slower

    private ReduceCpu() {}

    @Override
    public void segmentSum(Tensor x, Tensor offsets, Tensor y) {
        assert offsets.size() == y.size() + 1;
        MemorySegment in = x.data();
        MemorySegment at = offsets.data();
        MemorySegment out = y.data();
        int segments = y.size();
        Chunks.rows(segments, segments == 0 ? 0 : x.size() / segments, (from, to) -> {
            for (int s = from; s < to; s++) {
                int start = getInt(at, s);
                set(out, s, Vectors.sum(in, start, getInt(at, s + 1) - start));
            }
        });
    }

    @Override
    public void segmentSumBackward(Tensor dy, Tensor offsets, Tensor dx) {
        assert offsets.size() == dy.size() + 1;
        MemorySegment in = dy.data();
        MemorySegment at = offsets.data();
        MemorySegment out = dx.data();
        int segments = dy.size();
        Chunks.rows(segments, segments == 0 ? 0 : dx.size() / segments, (from, to) -> {
            for (int s = from; s < to; s++) {
                float d = get(in, s);
                int end = getInt(at, s + 1);
                for (int i = getInt(at, s); i < end; i++) set(out, i, d);
            }
        });
    }

    @Override
    public void addColumnSums(Tensor x, Tensor y) {
        assert x.shape().last() == y.size();
        MemorySegment in = x.data();
        MemorySegment out = y.data();
        int c = y.size();
        int n = x.shape().rows();
        Columns.forEach(c, n, (from, to) -> {
            int i = from;
            for (; i <= to - LANES; i += LANES) addColumnSums(in, i, n, c, out);
            for (; i < to; i++) set(out, i, get(out, i) + columnSum(in, i, n, c));
        });
    }

    private static void addColumnSums(MemorySegment x, int column, int n, int c, MemorySegment y) {
        for (int first = 0; first < n; first += ROW_BLOCK) {
            addBlock(x, (long) first * c + column, Math.min(ROW_BLOCK, n - first), c, y, column);
        }
    }

    private static void addBlock(MemorySegment x, long at, int rows, int c, MemorySegment y, int column) {
        FloatVector sum = FloatVector.zero(F);
        for (int row = 0; row < rows; row++) sum = sum.add(load(x, at + (long) row * c));
        store(load(y, column).add(sum), y, column);
    }

    private static float columnSum(MemorySegment x, int column, int n, int c) {
        double total = 0;
        for (int row = 0; row < n; row++) total += get(x, (long) row * c + column);
        return (float) total;
    }

    @Override
    public double sumOfSquares(Tensor x) {
        MemorySegment in = x.data();
        int n = x.size();
        int blocks = Math.ceilDiv(n, BLOCK);
        double[] sums = ThreadArrays.doubles(blocks);
        Parallel.forEach(blocks, b -> sums[b] = squares(in, b * BLOCK, Math.min(BLOCK, n - b * BLOCK)));
        double total = 0;
        for (int b = 0; b < blocks; b++) total += sums[b];
        return total;
    }

    private static double squares(MemorySegment x, int first, int n) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i <= n - 4; i += 4) {
            s0 += square(get(x, (long) first + i));
            s1 += square(get(x, (long) first + i + 1));
            s2 += square(get(x, (long) first + i + 2));
            s3 += square(get(x, (long) first + i + 3));
        }
        for (; i < n; i++) s0 += square(get(x, (long) first + i));
        return (s0 + s1) + (s2 + s3);
    }

    private static double square(double v) {
        return v * v;
    }
}
