package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.KvAppendKernel;
import java.lang.foreign.MemorySegment;

/// Copies rows.
final class KvAppendCpu implements KvAppendKernel {

    static final KvAppendKernel KERNEL = new KvAppendCpu();

    private static final String OP = "kv_append";

    private KvAppendCpu() {}

    @Override
    public void append(Tensor k, Tensor v, Tensor slots, Tensor kCache, Tensor vCache) {
        int n = KvAppendKernel.requireRows(k, v, slots, kCache, vCache);
        long at = Operand.ints(OP, "slots", slots, n);
        int capacity = kCache.shape().rows();
        for (int row = 0; row < n; row++) {
            int slot = Operand.index(OP, "slots", at, row, capacity);
            copy(k, row, kCache, slot);
            copy(v, row, vCache, slot);
        }
    }

    private static void copy(Tensor from, int row, Tensor to, int slot) {
        long bytes = from.dtype().bytes(from.shape().last());
        MemorySegment.copy(from.data(), row * bytes, to.data(), slot * bytes, bytes);
    }
}
