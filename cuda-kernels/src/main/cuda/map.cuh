// Loops over all values of tensors of one size: out = f(in), element by element. Outputs may be inputs.
#pragma once

#include "values.cuh"

// Groups of V values from `first` on, U of them under way at a time: groups group, group + stride ...
template <int V, int U, int IN, int OUT, class T, class F>
__device__ inline void map_batch(
    const T* const (&in)[IN], T* const (&out)[OUT], unsigned first, unsigned group, unsigned stride, F f) {
    float x[U][IN][V];
#pragma unroll
    for (int u = 0; u < U; u++)
#pragma unroll
        for (int k = 0; k < IN; k++) load<V>(in[k] + first + (group + u * stride) * V, x[u][k]);
#pragma unroll
    for (int u = 0; u < U; u++) {
        unsigned at = first + (group + u * stride) * V;
        float y[OUT][V];
#pragma unroll
        for (int j = 0; j < V; j++) {
            float a[IN], b[OUT];
#pragma unroll
            for (int k = 0; k < IN; k++) a[k] = x[u][k][j];
            f(a, b, at + j);
#pragma unroll
            for (int k = 0; k < OUT; k++) y[k][j] = b[k];
        }
#pragma unroll
        for (int k = 0; k < OUT; k++) store<V>(y[k], out[k] + at);
    }
}

template <int V, int IN, int OUT, class T, class F>
__device__ inline void map_groups(
    const T* const (&in)[IN], T* const (&out)[OUT], unsigned first, unsigned groups, F f) {
    constexpr int U = (3 + IN) / IN; // four loads under way or more
    unsigned stride = all_threads();
    unsigned group = global_thread();
    for (; group + (U - 1) * stride < groups; group += U * stride)
        map_batch<V, U>(in, out, first, group, stride, f);
    for (; group < groups; group += stride) map_batch<V, 1>(in, out, first, group, stride, f);
}

// f(const float* in, float* out, unsigned index) makes one value of each output from one of each input.
template <int IN, int OUT, class T, class F>
__device__ inline void map(const T* const (&in)[IN], T* const (&out)[OUT], unsigned n, F f) {
    bool whole = true;
#pragma unroll
    for (int k = 0; k < IN; k++) whole = whole && aligned(in[k]);
#pragma unroll
    for (int k = 0; k < OUT; k++) whole = whole && aligned(out[k]);
    unsigned groups = whole ? n / LANES<T> : 0;
    map_groups<LANES<T>>(in, out, 0, groups, f);
    map_groups<1>(in, out, groups * LANES<T>, n - groups * LANES<T>, f);
}
