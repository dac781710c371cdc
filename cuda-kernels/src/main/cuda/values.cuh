// Groups of consecutive values between memory and registers, 16 bytes at a time where addresses allow it.
#pragma once

#include "bf16.cuh"
#include "grid.cuh"

// Values in 16 bytes.
template <class T>
constexpr int LANES = 16 / sizeof(T);

// Whether every address is divisible by 16.
template <class... T>
__device__ inline bool aligned(const T*... p) {
    return ((... | (unsigned long long)p) & 15) == 0;
}

// V is 1, or a multiple of LANES and p divisible by 16.
template <int V>
__device__ inline void load(const float* p, float (&v)[V]) {
    if constexpr (V == 1) {
        v[0] = *p;
    } else {
#pragma unroll
        for (int i = 0; i < V; i += 4) {
            float4 q = *(const float4*)(p + i);
            v[i] = q.x, v[i + 1] = q.y, v[i + 2] = q.z, v[i + 3] = q.w;
        }
    }
}

template <int V, class H>
__device__ inline void load(const H* p, float (&v)[V]) {
    if constexpr (V == 1) {
        v[0] = to_float(*p);
    } else {
#pragma unroll
        for (int i = 0; i < V; i += 8) {
            uint4 q = *(const uint4*)(p + i);
            v[i] = low_of(q.x, H{}), v[i + 1] = high_of(q.x, H{});
            v[i + 2] = low_of(q.y, H{}), v[i + 3] = high_of(q.y, H{});
            v[i + 4] = low_of(q.z, H{}), v[i + 5] = high_of(q.z, H{});
            v[i + 6] = low_of(q.w, H{}), v[i + 7] = high_of(q.w, H{});
        }
    }
}

template <int V>
__device__ inline void store(const float (&v)[V], float* p) {
    if constexpr (V == 1) {
        *p = v[0];
    } else {
#pragma unroll
        for (int i = 0; i < V; i += 4) *(float4*)(p + i) = make_float4(v[i], v[i + 1], v[i + 2], v[i + 3]);
    }
}

template <int V, class H>
__device__ inline void store(const float (&v)[V], H* p) {
    if constexpr (V == 1) {
        from_float(v[0], *p);
    } else {
#pragma unroll
        for (int i = 0; i < V; i += 8) {
            *(uint4*)(p + i) = make_uint4(
                pair(v[i], v[i + 1], H{}), pair(v[i + 2], v[i + 3], H{}),
                pair(v[i + 4], v[i + 5], H{}), pair(v[i + 6], v[i + 7], H{}));
        }
    }
}
