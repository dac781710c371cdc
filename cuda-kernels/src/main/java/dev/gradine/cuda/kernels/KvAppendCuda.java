package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.KvAppendKernel;

/// Launches `kv_append.cu`: keys and values in one launch, which a repeated decoding step can keep, since the slots are
/// read on the device. A slot outside the caches stops the kernel.
final class KvAppendCuda implements KvAppendKernel {

    private static final String OP = "kv_append";
    private static final int MOST_THREADS = 256;

    private final Gpu gpu;

    KvAppendCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void append(Tensor k, Tensor v, Tensor slots, Tensor kCache, Tensor vCache) {
        DType type = Data.type(OP, "k", k);
        int n = KvAppendKernel.requireRows(k, v, slots, kCache, vCache);
        if (n == 0) return;
        int width = k.shape().last();
        new Arguments()
                .values(k, v, slots, kCache, vCache, n, width, kCache.shape().rows())
                .launch(
                        gpu,
                        new Kernel(OP, OP + Data.suffix(type)),
                        Grids.rows(gpu, n, Data.groups(width, type), 1, MOST_THREADS));
    }
}
