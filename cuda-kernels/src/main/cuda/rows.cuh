// A block works on one row at a time. The row's values lie in groups of V; the first HELD groups of each thread stay in
// registers from the first look at the row to the last, the others of a long row are read again from the cache.
#pragma once

#include "reduce.cuh"
#include "values.cuh"

// Calls f(g, k) for the thread's groups g; k is the place of one that is held, HELD for the others.
template <int HELD, class F>
__device__ inline void each_group(int groups, F f) {
#pragma unroll
    for (int k = 0; k < HELD; k++) {
        int g = threadIdx.x + k * blockDim.x;
        if (g < groups) f(g, k);
    }
    for (int g = threadIdx.x + HELD * blockDim.x; g < groups; g += blockDim.x) f(g, HELD);
}

template <int V, int HELD, class T>
struct Row {
    const T* from;
    float held[HELD][V];

    __device__ Row(const T* row, int groups) : from(row) {
#pragma unroll
        for (int k = 0; k < HELD; k++) {
            int g = threadIdx.x + k * blockDim.x;
            if (g < groups) load<V>(from + g * V, held[k]);
        }
    }

    // Values of group g, at place k as each_group says.
    __device__ void get(int g, int k, float (&v)[V]) const {
        if (k < HELD) {
#pragma unroll
            for (int j = 0; j < V; j++) v[j] = held[k][j];
        } else {
            load<V>(from + g * V, v);
        }
    }
};

// Whether rows of c values of each address can be read in groups of 16 bytes.
template <class T, class... P>
__device__ inline bool in_groups(int c, const T* x, const P*... p) {
    return c % LANES<T> == 0 && aligned(x, p...);
}
