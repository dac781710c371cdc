package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Matrix products with a frozen weight in NF4, which is decoded on the way and never stored as
/// numbers. For many rows of bf16 it may pay to decode the weight once instead.
public final class Nf4MatMulCuda {

    private static final int PIECE = 8; // values that are decoded together

    private final Gpu gpu;

    /// Products on `gpu`.
    public Nf4MatMulCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    /// A weight `[rows, columns]` in NF4.
    ///
    /// @param shape its rows and columns, of these a multiple of 8
    /// @param codes `u8[rows · columns / 2]`, the first of two values in the high half of a byte
    /// @param absmax f32, one for each block of values, counted through all rows
    /// @param table `f32[16]`, the value of each code
    /// @param blockSize values of a block, a power of two, at least 8
    public record Weight(Shape shape, Tensor codes, Tensor absmax, Tensor table, int blockSize) {

        /// @throws ShapeException if the parts do not belong together
        public Weight {
            ShapeException.requireRank("nf4", "weight", shape, 2);
            if (shape.last() % PIECE != 0) {
                throw new ShapeException("nf4: weight is %s, expected a multiple of 8 columns".formatted(shape));
            }
            if (blockSize < PIECE || Integer.bitCount(blockSize) != 1) {
                throw new ShapeException("nf4: block size is %d, expected a power of two >= 8".formatted(blockSize));
            }
            DTypeException.require("nf4", "codes", codes, DType.U8);
            DTypeException.require("nf4", "absmax", absmax, DType.F32);
            DTypeException.require("nf4", "table", table, DType.F32);
            requireSize("table", table, 16, shape);
            requireSize("codes", codes, shape.size() / 2, shape);
            requireSize("absmax", absmax, Math.ceilDiv(shape.size(), blockSize), shape);
        }

        private static void requireSize(String arg, Tensor t, int size, Shape weight) {
            if (t.size() != size) {
                throw new ShapeException(
                        "nf4: %s is %s, expected %d values (weight is %s)".formatted(arg, t.shape(), size, weight));
            }
        }
    }

    /// `c[M,N] (+)= alpha · a[M,K] · w[N,K]ᵀ`.
    public void nt(Tensor a, Weight w, float alpha, boolean accumulate, Tensor c) {
        int m = require("nf4_nt", a, w.shape().dim(1), w.shape().dim(0), c);
        if (c.size() == 0) return;
        boolean few = MatMulCuda.rows(m) >= m;
        Kernel kernel = kernel(few ? "nt_rows" + MatMulCuda.rows(m) : "nt" + path(a).suffix());
        Grid grid = few
                ? MatMulCuda.rowsGrid(w.shape().dim(0))
                : path(a).grid(m, w.shape().dim(0), 1);
        arguments(a, w, alpha, accumulate, c).launch(gpu, kernel, grid);
    }

    /// `c[M,N] (+)= alpha · a[M,K] · w[K,N]`.
    public void nn(Tensor a, Weight w, float alpha, boolean accumulate, Tensor c) {
        int m = require("nf4_nn", a, w.shape().dim(0), w.shape().dim(1), c);
        if (c.size() == 0) return;
        Grid grid = path(a).grid(m, w.shape().dim(1), 1);
        arguments(a, w, alpha, accumulate, c).launch(gpu, kernel("nn" + path(a).suffix()), grid);
    }

    private static Kernel kernel(String name) {
        return new Kernel("nf4_mat_mul", "nf4_mat_mul_" + name);
    }

    private static MatMulPath path(Tensor a) {
        return MatMulPath.canCopy(a) ? MatMulPath.CODED : MatMulPath.ANY;
    }

    private static Arguments arguments(Tensor a, Weight w, float alpha, boolean accumulate, Tensor c) {
        return new Arguments()
                .tensor(a, true)
                .values(w.codes(), w.absmax(), w.table(), Integer.numberOfTrailingZeros(w.blockSize()))
                .tensor(c, true)
                .values(c.shape().dim(0), c.shape().dim(1), a.shape().dim(1), alpha, accumulate ? 1 : 0);
    }

    /// @return rows of `a`
    private static int require(String op, Tensor a, int k, int n, Tensor c) {
        ShapeException.requireRank(op, "a", a.shape(), 2);
        int m = a.shape().dim(0);
        ShapeException.require(op, "a", a.shape(), Shape.of(m, k), "sums over an axis of the weight");
        ShapeException.require(op, "c", c.shape(), Shape.of(m, n), "rows of a and the weight");
        MatMulCuda.requireTypes(op, a, c);
        return m;
    }
}
