package dev.gradine.tensor.kernel;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;

/// Device contract of writing the keys and values of fresh tokens into their caches.
public interface KvAppendKernel {

    /// Overwrites rows `slots i32[N]` of `kCache` and `vCache [capacity,G·D]` with the rows of `k` and `v`,
    /// `[N,G·D]`, which have the type of the caches; no slot twice.
    void append(Tensor k, Tensor v, Tensor slots, Tensor kCache, Tensor vCache);

    /// Fails unless the operands fit each other.
    ///
    /// @return the number of fresh rows
    /// @throws dev.gradine.tensor.ShapeException if numbers of values or types do not fit
    static int requireRows(Tensor k, Tensor v, Tensor slots, Tensor kCache, Tensor vCache) {
        DType type = k.dtype();
        int n = k.shape().rows();
        Operands.require("kv_append", "v", v, type, k.size());
        Operands.require("kv_append", "slots", slots, DType.I32, n);
        Operands.require("kv_append", "kCache", kCache, type, kCache.size());
        Operands.require("kv_append", "vCache", vCache, type, kCache.size());
        Operands.requireRows("kv_append", "kCache", kCache, k.shape().last());
        return n;
    }
}
