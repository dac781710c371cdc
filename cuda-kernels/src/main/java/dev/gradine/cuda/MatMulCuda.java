package dev.gradine.cuda;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.MatMulShapes;

/// Matrix products on the device: f32 by its f32 units; everything else converts on the way to them.
final class MatMulCuda implements MatMulKernel {

    private static final int SIDE = 128; // of the tile that one block computes
    private static final int ENOUGH_BLOCKS = 256; // to keep a large card busy
    private static final int SHORTEST_SLICE = 256; // of k, for which a block of its own pays
    private static final int MOST_SLICES = 32;

    private final Gpu gpu;
    private final Workspace slices;

    MatMulCuda(Gpu gpu) {
        this.gpu = gpu;
        this.slices = new Workspace(gpu);
    }

    @Override
    public void nt(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        run("nt", MatMulShapes.nt("matmul_nt", a, b, c), a, b, alpha, accumulate, c);
    }

    @Override
    public void nn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        run("nn", MatMulShapes.nn("matmul_nn", a, b, c), a, b, alpha, accumulate, c);
    }

    @Override
    public void tn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        RealType.requireActivation("matmul_tn", "b", b);
        run("tn", MatMulShapes.tn("matmul_tn", a, b, c), a, b, alpha, accumulate, c);
    }

    private void run(String form, MatMulShapes size, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        requireTypes("matmul_" + form, a, c);
        if (c.size() == 0) return;
        int tiles = Math.ceilDiv(size.m(), SIDE) * Math.ceilDiv(size.n(), SIDE);
        int count = slices(tiles, size.k());
        if (count == 1) {
            product(form, size, new Grid(tiles, 1, 1, 256, 0), a, b, alpha, accumulate, c, c.dtype());
            return;
        }
        long sums = slices.room(4L * count * c.size());
        product(form, size, new Grid(tiles, 1, count, 256, 0), a, b, alpha, false, sums, DType.F32);
        int blocks = Math.min(4 * ENOUGH_BLOCKS, Math.ceilDiv(c.size(), 256));
        gpu.launch(
                new Kernel("mat_mul", "mat_mul_slices"),
                Grid.of(blocks, 256),
                sums,
                c,
                RealType.code(c.dtype()),
                c.size(),
                count,
                accumulate ? 1 : 0);
    }

    /// @param c a tensor or an address
    private void product(
            String form,
            MatMulShapes size,
            Grid grid,
            Tensor a,
            Tensor b,
            float alpha,
            boolean accumulate,
            Object c,
            DType type) {
        int add = accumulate ? 1 : 0;
        if (a.dtype() == DType.F32 && b.dtype() == DType.F32) {
            Kernel kernel = new Kernel("mat_mul", "mat_mul_" + form + "_f32");
            gpu.launch(kernel, grid, a, b, c, size.m(), size.n(), size.k(), alpha, add);
        } else {
            Kernel kernel = new Kernel("mat_mul", "mat_mul_" + form + "_any");
            int aType = RealType.code(a.dtype());
            int bType = RealType.code(b.dtype());
            int cType = RealType.code(type);
            gpu.launch(kernel, grid, a, aType, b, bType, c, cType, size.m(), size.n(), size.k(), alpha, add);
        }
    }

    /// In how many parts k is summed: 1 unless there are few tiles. It depends on the sizes alone, so that sums have
    /// one order on every card.
    private static int slices(int tiles, int k) {
        int wanted = Math.min(ENOUGH_BLOCKS / tiles, k / SHORTEST_SLICE);
        return Math.clamp(wanted, 1, MOST_SLICES);
    }

    private static void requireTypes(String op, Tensor a, Tensor c) {
        RealType.requireActivation(op, "a", a);
        RealType.requireActivation(op, "c", c);
        if (a.dtype() == DType.F32 && c.dtype() != DType.F32) {
            throw new DTypeException("%s: c is %s, expected F32 (a is F32)".formatted(op, c.dtype()));
        }
    }
}
