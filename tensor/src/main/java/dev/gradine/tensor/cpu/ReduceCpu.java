package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.getInt;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;
import static jdk.incubator.vector.VectorOperators.F2D;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ReduceKernel;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// Sums, cut by sizes alone: a segment, a block of rows and a block of values are each added by one thread in one
/// order.
final class ReduceCpu implements ReduceKernel {

    static final ReduceKernel KERNEL = new ReduceCpu();

    private static final int BLOCK = 1 << 15; // values whose squares one part adds

    private ReduceCpu() {}

    @Override
    public void segmentSum(Tensor x, Tensor offsets, Tensor y) {
        int segments = y.size();
        int n = x.size();
        long in = Operand.read("segment_sum", "x", x, n);
        long at = Operand.ints("segment_sum", "offsets", offsets, segments + 1);
        long out = Operand.write("segment_sum", "y", y, segments);
        Chunks.rows(segments, segments == 0 ? 0 : n / segments, (from, to) -> {
            for (int s = from; s < to; s++) {
                int start = start(at, s, n);
                set(out, s, (float) Vectors.longSum(in + 4L * start, end(at, s, n) - start));
            }
        });
    }

    @Override
    public void segmentSumBackward(Tensor dy, Tensor offsets, Tensor dx) {
        int segments = dy.size();
        int n = dx.size();
        long in = Operand.read("segment_sum", "dy", dy, segments);
        long at = Operand.ints("segment_sum", "offsets", offsets, segments + 1);
        long out = Operand.write("segment_sum", "dx", dx, n);
        Chunks.rows(segments, segments == 0 ? 0 : n / segments, (from, to) -> {
            for (int s = from; s < to; s++) {
                int start = start(at, s, n);
                Vectors.fill(out + 4L * start, end(at, s, n) - start, get(in, s));
            }
        });
    }

    private static int start(long offsets, int segment, int n) {
        return Operand.index("segment_sum", "offsets", offsets, segment, n + 1);
    }

    /// Where the next segment starts.
    private static int end(long offsets, int segment, int n) {
        int end = start(offsets, segment + 1, n);
        if (end < getInt(offsets, segment)) {
            throw new IllegalArgumentException("segment_sum: offset %d is %d, expected at least %d (the one before)"
                    .formatted(segment + 1, end, getInt(offsets, segment)));
        }
        return end;
    }

    @Override
    public void addColumnSums(Tensor x, Tensor y) {
        int c = x.shape().last();
        int n = x.shape().rows();
        long in = Operand.read("column_sums", "x", x, x.size());
        long out = Operand.write("column_sums", "y", y, c);
        long sums = RowBlocks.sums(n, c, (from, to, sum) -> addRows(in, c, from, to, sum));
        RowBlocks.add(sums, out, 0, c);
    }

    @Override
    public void rowSums(Tensor x, Tensor y) {
        int c = x.shape().last();
        int n = x.shape().rows();
        long in = Operand.read("row_sums", "x", x, x.size());
        long out = Operand.write("row_sums", "y", y, n);
        Chunks.rows(n, c, (from, to) -> {
            for (int row = from; row < to; row++) set(out, row, (float) Vectors.longSum(in + 4L * row * c, c));
        });
    }

    private static void addRows(long x, int c, int from, int to, long sums) {
        int row = from;
        for (; row <= to - 4; row += 4) addFour(x + 4L * row * c, 4L * c, sums, c);
        for (; row < to; row++) RowBlocks.add(x + 4L * row * c, sums, 0, c);
    }

    /// Adds four rows, `stride` bytes apart, for one load and one store of the sums.
    private static void addFour(long x, long stride, long sums, int c) {
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector first = load(x, i).add(load(x + stride, i));
            FloatVector second = load(x + 2 * stride, i).add(load(x + 3 * stride, i));
            store(load(sums, i).add(first.add(second)), sums, i);
        }
        for (; i < c; i++) {
            float first = get(x, i) + get(x + stride, i);
            float second = get(x + 2 * stride, i) + get(x + 3 * stride, i);
            set(sums, i, get(sums, i) + (first + second));
        }
    }

    @Override
    public double sumOfSquares(Tensor x) {
        int n = x.size();
        long in = Operand.read("sum_of_squares", "x", x, n);
        int blocks = Math.ceilDiv(n, BLOCK);
        double[] sums = ThreadArrays.doubles(blocks);
        Parallel.forEach(blocks, b -> sums[b] = squares(in + 4L * b * BLOCK, Math.min(BLOCK, n - b * BLOCK)));
        double total = 0;
        for (int b = 0; b < blocks; b++) total += sums[b];
        return total;
    }

    private static double squares(long x, int n) {
        DoubleVector s0 = DoubleVector.zero(Vectors.D);
        DoubleVector s1 = DoubleVector.zero(Vectors.D);
        DoubleVector s2 = DoubleVector.zero(Vectors.D);
        DoubleVector s3 = DoubleVector.zero(Vectors.D);
        int half = LANES / 2;
        int i = 0;
        for (; i <= n - 5 * half; i += 4 * half) {
            DoubleVector v0 = doubles(x, i);
            DoubleVector v1 = doubles(x, i + half);
            DoubleVector v2 = doubles(x, i + 2 * half);
            DoubleVector v3 = doubles(x, i + 3 * half);
            s0 = v0.fma(v0, s0);
            s1 = v1.fma(v1, s1);
            s2 = v2.fma(v2, s2);
            s3 = v3.fma(v3, s3);
        }
        double rest = 0;
        for (; i < n; i++) rest += (double) get(x, i) * get(x, i);
        return Vectors.sum(Vectors.exact(s0).add(s1).add(Vectors.exact(s2).add(s3))) + rest;
    }

    /// The first half of the vector at `i`. Vectors of half the size would be a second kind of `FloatVector`, and where
    /// the compiler sees two it boxes those of other kernels.
    private static DoubleVector doubles(long x, int i) {
        return (DoubleVector) load(x, i).convertShape(F2D, Vectors.D, 0);
    }
}
