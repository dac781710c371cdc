// Copies values of any real type to f32, f16 or bf16, rounded to the nearest.

#include "blocks.cuh"

template <int V, class S, class T>
__device__ inline void groups_of(const S* x, T* y, unsigned first, unsigned groups) {
    constexpr int U = 4;
    unsigned stride = all_threads();
    for (unsigned g = global_thread(); g < groups; g += U * stride) {
        float v[U][V];
#pragma unroll
        for (int u = 0; u < U; u++)
            if (g + u * stride < groups) values_at(x, first + (g + u * stride) * V, v[u]);
#pragma unroll
        for (int u = 0; u < U; u++)
            if (g + u * stride < groups) store<V>(v[u], y + first + (g + u * stride) * V);
    }
}

template <class S, class T>
__device__ inline void convert(const S* x, T* y, int n) {
    if constexpr (IN_BLOCKS<S>) {
        if (!aligned(y)) __trap(); // whole tensors, and rows of 32 values, begin at multiples of 64 bytes
        groups_of<8>(x, y, 0, n / 8);
    } else {
        constexpr int V = LANES<S> > LANES<T> ? LANES<S> : LANES<T>;
        unsigned groups = aligned(x, y) ? n / V : 0;
        groups_of<V>(x, y, 0, groups);
        groups_of<1>(x, y, groups * V, n - groups * V);
    }
}

#define CONVERT(S, FROM, T, TO) \
    extern "C" __global__ __launch_bounds__(256) void convert_##FROM##_##TO(const S* x, T* y, int n) { \
        convert(x, y, n); \
    }

CONVERT(float, f32, half, f16)
CONVERT(float, f32, bf16, bf16)
CONVERT(half, f16, float, f32)
CONVERT(half, f16, bf16, bf16)
CONVERT(bf16, bf16, float, f32)
CONVERT(bf16, bf16, half, f16)

#define CONVERT_BLOCKS(S, FROM) CONVERT(S, FROM, float, f32) CONVERT(S, FROM, half, f16) CONVERT(S, FROM, bf16, bf16)

CONVERT_BLOCKS(Q8_0, q8_0)
CONVERT_BLOCKS(Q4_0, q4_0)
CONVERT_BLOCKS(Q4_1, q4_1)
