// Root-mean-square normalisation over rows of c values; w and rstd are f32.
//
//   y  = x r w          r = 1 / sqrt(mean(x^2) + eps)
//   dx = r w dy - x r^3 mean(x w dy)
//   dw = sum over rows of x r dy
//
// A block works on a row at a time and reads it from memory once.

#include "columns.cuh"
#include "rows.cuh"

template <int V, class T>
__device__ inline void forward(const T* x, const float* w, float eps, T* y, float* rstd, int n, int c) {
    constexpr int HELD = 4;
    int groups = c / V;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        Row<V, HELD, T> in(x + (size_t)row * c, groups);
        float squares = 0;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) squares = fmaf(v[j], v[j], squares);
        });
        float r = 1 / sqrtf(over_block<Sum>(squares) / c + eps);
        if (threadIdx.x == 0) rstd[row] = r;
        T* out = y + (size_t)row * c;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], weight[V];
            in.get(g, k, v);
            load<V>(w + g * V, weight);
#pragma unroll
            for (int j = 0; j < V; j++) v[j] = v[j] * r * weight[j];
            store<V>(v, out + g * V);
        });
    }
}

template <int V, class T>
__device__ inline void backward(const T* dy, const T* x, const float* w, const float* rstd, T* dx, int n, int c) {
    constexpr int HELD = 2;
    int groups = c / V;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        Row<V, HELD, T> in(x + (size_t)row * c, groups);
        Row<V, HELD, T> up(dy + (size_t)row * c, groups);
        float dot = 0;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], d[V], weight[V];
            in.get(g, k, v);
            up.get(g, k, d);
            load<V>(w + g * V, weight);
#pragma unroll
            for (int j = 0; j < V; j++) dot = fmaf(v[j] * weight[j], d[j], dot);
        });
        float r = rstd[row];
        float pull = -r * r * r * (over_block<Sum>(dot) / c);
        T* out = dx + (size_t)row * c;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], d[V], weight[V];
            in.get(g, k, v);
            up.get(g, k, d);
            load<V>(w + g * V, weight);
#pragma unroll
            for (int j = 0; j < V; j++) v[j] = fmaf(v[j], pull, r * weight[j] * d[j]);
            store<V>(v, out + g * V);
        });
    }
}

template <int V, class T>
__device__ inline void weight_sums(
    const T* dy, const T* x, const float* rstd, float* sums, int n, int c, int slab_rows) {
    column_sums<V, 1>(n, c, slab_rows, sums, [=](int row, size_t at, float (&sum)[1][V]) {
        float r = rstd[row];
        float v[V], d[V];
        load<V>(x + at, v);
        load<V>(dy + at, d);
#pragma unroll
        for (int j = 0; j < V; j++) sum[0][j] = fmaf(v[j] * r, d[j], sum[0][j]);
    });
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(1024) void rms_norm_forward_##TYPE( \
        const T* x, const float* w, float eps, T* y, float* rstd, int n, int c) { \
        if (in_groups(c, x, w, y)) forward<LANES<T>>(x, w, eps, y, rstd, n, c); \
        else forward<1>(x, w, eps, y, rstd, n, c); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void rms_norm_backward_##TYPE( \
        const T* dy, const T* x, const float* w, const float* rstd, T* dx, int n, int c) { \
        if (in_groups(c, x, dy, w, dx)) backward<LANES<T>>(dy, x, w, rstd, dx, n, c); \
        else backward<1>(dy, x, w, rstd, dx, n, c); \
    } \
    extern "C" __global__ __launch_bounds__(256, 3) void rms_norm_weight_sums_##TYPE( \
        const T* dy, const T* x, const float* rstd, float* sums, int n, int c, int slab_rows) { \
        if (in_groups(c, x, dy)) weight_sums<LANES<T>>(dy, x, rstd, sums, n, c, slab_rows); \
        else weight_sums<1>(dy, x, rstd, sums, n, c, slab_rows); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
