// Fresh keys and values f32 or bf16 [n, width] into rows slots[i] of their caches, which have the same type. A slot
// outside the caches stops the kernel.

#include "values.cuh"

template <int V, class T>
__device__ inline void append(
    const T* k, const T* v, const int* slots, T* k_cache, T* v_cache, int n, int width, int capacity) {
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        int slot = slots[row];
        if (slot < 0 || slot >= capacity) __trap();
        size_t from = (size_t)row * width, to = (size_t)slot * width;
#pragma unroll 2
        for (int i = threadIdx.x * V; i < width; i += blockDim.x * V) {
            float key[V], value[V];
            load<V>(k + from + i, key);
            load<V>(v + from + i, value);
            store<V>(key, k_cache + to + i);
            store<V>(value, v_cache + to + i);
        }
    }
}

#define ENTRY(T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void kv_append_##TYPE( \
        const T* k, const T* v, const int* slots, T* k_cache, T* v_cache, int n, int width, int capacity) { \
        if (width % LANES<T> == 0 && aligned(k, v, k_cache, v_cache)) \
            append<LANES<T>>(k, v, slots, k_cache, v_cache, n, width, capacity); \
        else append<1>(k, v, slots, k_cache, v_cache, n, width, capacity); \
    }

ENTRY(float, f32)
ENTRY(bf16, bf16)
