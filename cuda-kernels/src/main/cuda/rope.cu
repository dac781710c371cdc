// Rotary position embedding, halves of a head paired. Within each head of size 2 half, with p the row's position:
//
//   y[i]        = x[i] cos[p,i] - x[i + half] sin[p,i]
//   y[i + half] = x[i + half] cos[p,i] + x[i] sin[p,i]
//
// Backward is the rotation by the opposite angle: sign is -1. y may be x. cos and sin are f32[places, half].
// A block turns one row at a time; a position outside the tables stops the kernel.

#include "values.cuh"

template <int V, class T>
__device__ inline void rotate(
    const T* x, const int* positions, const float* cos, const float* sin, float sign, T* y, int n, int width, int half,
    int places) {
    int head_groups = half / V;
    int groups = width / (2 * V);
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        int position = positions[row];
        if (position < 0 || position >= places) __trap();
        const float* row_cos = cos + (size_t)position * half;
        const float* row_sin = sin + (size_t)position * half;
#pragma unroll 2
        for (int g = threadIdx.x; g < groups; g += blockDim.x) {
            int head = g / head_groups, i = g % head_groups * V;
            size_t at = (size_t)row * width + head * 2 * half + i;
            float a[V], b[V], c[V], s[V];
            load<V>(x + at, a);
            load<V>(x + at + half, b);
            load<V>(row_cos + i, c);
            load<V>(row_sin + i, s);
#pragma unroll
            for (int j = 0; j < V; j++) {
                float turned = a[j] * c[j] - b[j] * (s[j] * sign);
                b[j] = b[j] * c[j] + a[j] * (s[j] * sign);
                a[j] = turned;
            }
            store<V>(a, y + at);
            store<V>(b, y + at + half);
        }
    }
}

template <class T>
__device__ inline void rotate(
    const T* x, const int* positions, const float* cos, const float* sin, float sign, T* y, int n, int width, int half,
    int places) {
    constexpr int V = LANES<T>;
    if (half % V == 0 && aligned(x, cos, sin, y)) rotate<V>(x, positions, cos, sin, sign, y, n, width, half, places);
    else rotate<1>(x, positions, cos, sin, sign, y, n, width, half, places);
}

extern "C" __global__ __launch_bounds__(256) void rope_f32(
    const float* x, const int* positions, const float* cos, const float* sin, float sign, float* y, int n, int width,
    int half, int places) {
    rotate(x, positions, cos, sin, sign, y, n, width, half, places);
}

extern "C" __global__ __launch_bounds__(256) void rope_bf16(
    const bf16* x, const int* positions, const float* cos, const float* sin, float sign, bf16* y, int n, int width,
    int half, int places) {
    rotate(x, positions, cos, sin, sign, y, n, width, half, places);
}
