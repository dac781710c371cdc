// Rotary position embedding. Within each head of `size` channels, with p the row's position and (a, b) a pair of channels:
//
//   y[a] = x[a] cos[p,i] - x[b] sin[p,i]
//   y[b] = x[b] cos[p,i] + x[a] sin[p,i]        i < pairs
//
// step 1: halves, (a, b) = (i, i + pairs). step 2: neighbours, (a, b) = (2i, 2i + 1). Channels from 2 pairs on stay.
// Backward is the rotation by the opposite angle: sign is -1. y may be x. cos and sin are f32[places, pairs].
// A block turns one row at a time; a position outside the tables stops the kernel.

#include "values.cuh"

struct Row {
    const float* cos;
    const float* sin;
    float sign;
    int width, size, pairs;
};

// V pairs at a time of heads that turn as a whole, in halves.
template <int V, class T>
__device__ inline void whole_heads(const T* x, T* y, Row r) {
    int head_groups = r.pairs / V;
    int groups = r.width / (2 * V);
#pragma unroll 2
    for (int g = threadIdx.x; g < groups; g += blockDim.x) {
        int head = g / head_groups, i = g % head_groups * V;
        int at = head * r.size + i;
        float a[V], b[V], c[V], s[V];
        load<V>(x + at, a);
        load<V>(x + at + r.pairs, b);
        load<V>(r.cos + i, c);
        load<V>(r.sin + i, s);
#pragma unroll
        for (int j = 0; j < V; j++) {
            float turned = a[j] * c[j] - b[j] * (s[j] * r.sign);
            b[j] = b[j] * c[j] + a[j] * (s[j] * r.sign);
            a[j] = turned;
        }
        store<V>(a, y + at);
        store<V>(b, y + at + r.pairs);
    }
}

// Two channels of a head at a time: a pair that turns, or two that stay.
template <class T>
__device__ inline void any_heads(const T* x, T* y, Row r, int step) {
    int gap = step == 1 ? r.pairs : 1;
    int head_groups = (r.size + 1) / 2;
    int groups = r.width / r.size * head_groups;
    for (int g = threadIdx.x; g < groups; g += blockDim.x) {
        int i = g % head_groups;
        int head = g / head_groups * r.size;
        if (i < r.pairs) {
            int at = head + i * step;
            float a[1], b[1];
            load<1>(x + at, a);
            load<1>(x + at + gap, b);
            float c = r.cos[i], s = r.sin[i] * r.sign;
            float turned[1] = {a[0] * c - b[0] * s};
            b[0] = b[0] * c + a[0] * s;
            store<1>(turned, y + at);
            store<1>(b, y + at + gap);
        } else {
            int at = head + 2 * i;
            y[at] = x[at];
            if (2 * i + 1 < r.size) y[at + 1] = x[at + 1];
        }
    }
}

template <class T>
__device__ inline void rotate(
    const T* x, const int* positions, const float* cos, const float* sin, float sign, T* y, int n, int width, int size,
    int pairs, int step, int places) {
    constexpr int V = LANES<T>;
    bool fits = step == 1 && size == 2 * pairs && pairs % V == 0 && aligned(x, cos, sin, y);
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        int position = positions[row];
        if (position < 0 || position >= places) __trap();
        Row r = {cos + (size_t)position * pairs, sin + (size_t)position * pairs, sign, width, size, pairs};
        size_t at = (size_t)row * width;
        if (fits) whole_heads<V>(x + at, y + at, r);
        else any_heads(x + at, y + at, r, step);
    }
}

extern "C" __global__ __launch_bounds__(256) void rope_f32(
    const float* x, const int* positions, const float* cos, const float* sin, float sign, float* y, int n, int width,
    int size, int pairs, int step, int places) {
    rotate(x, positions, cos, sin, sign, y, n, width, size, pairs, step, places);
}

extern "C" __global__ __launch_bounds__(256) void rope_bf16(
    const bf16* x, const int* positions, const float* cos, const float* sin, float sign, bf16* y, int n, int width,
    int size, int pairs, int step, int places) {
    rotate(x, positions, cos, sin, sign, y, n, width, size, pairs, step, places);
}
