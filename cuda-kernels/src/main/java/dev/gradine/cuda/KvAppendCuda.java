package dev.gradine.cuda;

import static dev.gradine.tensor.kernel.Operands.require;
import static dev.gradine.tensor.kernel.Operands.requireRows;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;

/// Launches `kv_append.cu`: the keys and values of fresh tokens into their caches, in one launch that a
/// repeated decoding step can keep, since the places are read on the device.
public final class KvAppendCuda {

    private static final String OP = "kv_append";
    private static final int MOST_THREADS = 256;

    private final Gpu gpu;

    KvAppendCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    /// Overwrites rows `slots i32[N]` of `kCache` and `vCache [capacity, G·D]` with the rows of `k` and `v [N, G·D]`;
    /// all F32 or all BF16, and no slot twice.
    public void append(Tensor k, Tensor v, Tensor slots, Tensor kCache, Tensor vCache) {
        DType type = Data.type(OP, "k", k);
        int width = k.shape().last();
        int n = k.shape().rows();
        require(OP, "v", v, type, k.size());
        require(OP, "slots", slots, DType.I32, n);
        require(OP, "kCache", kCache, type, kCache.size());
        require(OP, "vCache", vCache, type, kCache.size());
        requireRows(OP, "kCache", kCache, width);
        if (n == 0) return;
        Grid grid = Grids.rows(gpu, n, Data.groups(width, type), 1, MOST_THREADS);
        Kernel kernel = new Kernel(OP, OP + Data.suffix(type));
        gpu.launch(
                kernel,
                grid,
                k,
                v,
                slots,
                kCache,
                vCache,
                n,
                width,
                kCache.shape().rows());
    }
}
