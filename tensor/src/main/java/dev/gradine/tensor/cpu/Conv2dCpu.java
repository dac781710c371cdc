package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Conv2dBlocks.Block;
import dev.gradine.tensor.kernel.Conv2dKernel;
import dev.gradine.tensor.kernel.Conv2dShapes;
import org.jspecify.annotations.Nullable;

/// Convolution as matrix products. Per group, with K = channels · R · S values under a window and n window positions:
///
/// ```
/// y[O,n]    = w[O,K] · columns[K,n] + b
/// dcolumns  = wᵀ · dy             and each value of dx is the sum of its places in dcolumns
/// dw       += dy · columnsᵀ       db += row sums of dy
/// ```
///
/// Column j of `columns` holds the values under window j (im2col; Chellapilla, Puri & Simard 2006). A product costs
/// 2·O operations for each value copied to `columns`, so the copy matters only for a few outputs, and every other case
/// gets the speed of `Gemm`. The columns of a whole batch would take R·S times the memory of x; so they exist for one
/// block of positions at a time, about 4 MB of them.
///
/// Blocks are cut by the sizes alone and follow one another, so sums do not depend on the number of threads.
final class Conv2dCpu implements Conv2dKernel {

    static final Conv2dKernel KERNEL = new Conv2dCpu();

    private static final String OP = "conv2d";
    private static final int DECODED_AT_ONCE = 8192; // values: a multiple of every block size

    private Conv2dCpu() {}

    @Override
    public void forward(Tensor x, Tensor w, Tensor b, Windows windows, Tensor y) {
        Conv2dShapes s = new Conv2dShapes(x.shape(), w.shape(), windows);
        s.requireResult("y", y);
        Conv2dColumns columns = new Conv2dColumns(s, Operand.read(OP, "x", x, x.size()));
        long bias = Operand.read(OP, "b", b, s.outputs());
        long out = Operand.write(OP, "y", y, y.size());
        Tensor weight = weight(w, s);
        Conv2dBlocks blocks = new Conv2dBlocks(s);
        blocks.forEach(block -> {
            Tensor under = block.columns();
            Tensor result = block.results();
            columns.read(block, Native.address(under));
            MatMulCpu.KERNEL.nn(ofGroup(weight, block), under, 1, false, result);
            blocks.place(block, Native.address(result), bias, out);
        });
    }

    @Override
    public void inputGradient(Tensor dy, Tensor w, Windows windows, Tensor dx) {
        Conv2dShapes s = new Conv2dShapes(dx.shape(), w.shape(), windows);
        s.requireResult("dy", dy);
        long up = Operand.read(OP, "dy", dy, dy.size());
        Conv2dColumns columns = new Conv2dColumns(s, Operand.write(OP, "dx", dx, dx.size()));
        ElementwiseCpu.KERNEL.fill(dx, 0);
        Tensor weight = weight(w, s);
        Conv2dBlocks blocks = new Conv2dBlocks(s);
        blocks.forEach(block -> {
            Tensor under = block.columns();
            Tensor result = block.results();
            blocks.take(block, up, Native.address(result));
            MatMulCpu.KERNEL.tn(ofGroup(weight, block), result, 1, false, under);
            columns.add(block, Native.address(under));
        });
    }

    @Override
    public void parameterGradients(Tensor dy, Tensor x, Windows windows, @Nullable Tensor dw, @Nullable Tensor db) {
        if (db != null) biasGradient(dy, db);
        if (dw == null) return;
        Conv2dShapes s = new Conv2dShapes(x.shape(), dw.shape(), windows);
        s.requireResult("dy", dy);
        long up = Operand.read(OP, "dy", dy, dy.size());
        Conv2dColumns columns = new Conv2dColumns(s, Operand.read(OP, "x", x, x.size()));
        Operand.write(OP, "dw", dw, dw.size());
        Tensor weight = dw.reshape(Shape.of(s.outputs(), s.windowValues()));
        Conv2dBlocks blocks = new Conv2dBlocks(s);
        blocks.forEach(block -> {
            Tensor under = block.columns();
            Tensor result = block.results();
            columns.read(block, Native.address(under));
            blocks.take(block, up, Native.address(result));
            MatMulCpu.KERNEL.nt(result, under, 1, true, ofGroup(weight, block));
        });
    }

    /// One thread adds a channel, image after image.
    private static void biasGradient(Tensor dy, Tensor db) {
        int images = dy.shape().dim(0);
        int outputs = dy.shape().dim(1);
        int positions = dy.shape().dim(2) * dy.shape().dim(3);
        long up = Operand.read(OP, "dy", dy, dy.size());
        long sums = Operand.write(OP, "db", db, outputs);
        Chunks.rows(outputs, (long) images * positions, (from, to) -> {
            for (int o = from; o < to; o++) {
                double sum = 0;
                for (int i = 0; i < images; i++) {
                    sum += Vectors.sum(up + 4L * (i * outputs + o) * positions, positions);
                }
                Vectors.set(sums, o, (float) (Vectors.get(sums, o) + sum));
            }
        });
    }

    private static Tensor ofGroup(Tensor weight, Block block) {
        return weight.rows(block.group() * block.outputs(), (block.group() + 1) * block.outputs());
    }

    /// The weight as f32 `[O,K]`: itself, or decoded once for all blocks.
    private static Tensor weight(Tensor w, Conv2dShapes s) {
        Shape matrix = Shape.of(s.outputs(), s.windowValues());
        if (w.dtype() == DType.F32) return w.reshape(matrix);
        Tensor decoded = Conv2dBlocks.matrix(Scratch.own().weights(w.size()), matrix);
        long to = Native.address(decoded);
        float[] values = ThreadArrays.floats(DECODED_AT_ONCE);
        for (int i = 0; i < w.size(); i += DECODED_AT_ONCE) {
            int n = Math.min(DECODED_AT_ONCE, w.size() - i);
            Decode.toFloats(w.data(), w.dtype(), i, n, values, 0);
            Vectors.write(values, 0, to, i, n);
        }
        return decoded;
    }
}
