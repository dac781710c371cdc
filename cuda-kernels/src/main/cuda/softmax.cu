// Softmax over rows of c values.
//
//   y = exp(s x - m) / sum exp(s x - m), m the largest s x          dx = s y (dy - sum y dy)
//
// A block works on a row at a time. A row of minus infinity alone gives NaN.

#include "math.cuh"
#include "rows.cuh"

template <int V, class T>
__device__ inline void forward(const T* x, float scale, T* y, int n, int c) {
    constexpr int HELD = 4;
    int groups = c / V;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        Row<V, HELD, T> in(x + (size_t)row * c, groups);
        float largest = Max::none(), sum = 0;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) largest = fmaxf(largest, scale * v[j]);
        });
        largest = over_block<Max>(largest);
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) sum += fast_exp(scale * v[j] - largest);
        });
        float share = 1 / over_block<Sum>(sum);
        T* out = y + (size_t)row * c;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) v[j] = fast_exp(scale * v[j] - largest) * share;
            store<V>(v, out + g * V);
        });
    }
}

template <int V, class T>
__device__ inline void backward(const T* dy, const T* y, float scale, T* dx, int n, int c) {
    constexpr int HELD = 2;
    int groups = c / V;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        Row<V, HELD, T> p(y + (size_t)row * c, groups);
        Row<V, HELD, T> up(dy + (size_t)row * c, groups);
        float dot = 0;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], d[V];
            p.get(g, k, v);
            up.get(g, k, d);
#pragma unroll
            for (int j = 0; j < V; j++) dot = fmaf(v[j], d[j], dot);
        });
        dot = over_block<Sum>(dot);
        T* out = dx + (size_t)row * c;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], d[V];
            p.get(g, k, v);
            up.get(g, k, d);
#pragma unroll
            for (int j = 0; j < V; j++) v[j] *= scale * (d[j] - dot);
            store<V>(v, out + g * V);
        });
    }
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(1024) void softmax_forward_##TYPE( \
        const T* x, float scale, T* y, int n, int c) { \
        if (in_groups(c, x, y)) forward<LANES<T>>(x, scale, y, n, c); \
        else forward<1>(x, scale, y, n, c); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void softmax_backward_##TYPE( \
        const T* dy, const T* y, float scale, T* dx, int n, int c) { \
        if (in_groups(c, dy, y, dx)) backward<LANES<T>>(dy, y, scale, dx, n, c); \
        else backward<1>(dy, y, scale, dx, n, c); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
