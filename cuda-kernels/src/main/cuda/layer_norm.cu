// Layer normalisation over rows of c values; w, b, mean and rstd are f32.
//
//   z  = (x - mean) r        r = 1 / sqrt(var + eps)        y = z w + b
//   dx = r (w dy - mean(w dy) - z mean(w dy z))
//   dw = sum over rows of dy z         db = sum over rows of dy
//
// A block works on a row at a time and reads it from memory once.

#include "columns.cuh"
#include "rows.cuh"

template <int V, class T>
__device__ inline void forward(
    const T* x, const float* w, const float* b, float eps, T* y, float* mean, float* rstd, int n, int c) {
    constexpr int HELD = 4;
    int groups = c / V;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        Row<V, HELD, T> in(x + (size_t)row * c, groups);
        float sum = 0, squares = 0;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) sum += v[j];
        });
        float m = over_block<Sum>(sum) / c;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) squares = fmaf(v[j] - m, v[j] - m, squares);
        });
        float r = 1 / sqrtf(over_block<Sum>(squares) / c + eps);
        if (threadIdx.x == 0) mean[row] = m, rstd[row] = r;
        T* out = y + (size_t)row * c;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], weight[V], bias[V];
            in.get(g, k, v);
            load<V>(w + g * V, weight);
            load<V>(b + g * V, bias);
#pragma unroll
            for (int j = 0; j < V; j++) v[j] = fmaf((v[j] - m) * r, weight[j], bias[j]);
            store<V>(v, out + g * V);
        });
    }
}

template <int V, class T>
__device__ inline void backward(
    const T* dy, const T* x, const float* w, const float* mean, const float* rstd, T* dx, int n, int c) {
    constexpr int HELD = 2;
    int groups = c / V;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        Row<V, HELD, T> in(x + (size_t)row * c, groups);
        Row<V, HELD, T> up(dy + (size_t)row * c, groups);
        float m = mean[row], r = rstd[row];
        float sums[2] = {0, 0}; // of w dy, of w dy z
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], d[V], weight[V];
            in.get(g, k, v);
            up.get(g, k, d);
            load<V>(w + g * V, weight);
#pragma unroll
            for (int j = 0; j < V; j++) {
                sums[0] = fmaf(d[j], weight[j], sums[0]);
                sums[1] = fmaf((v[j] - m) * r, d[j] * weight[j], sums[1]);
            }
        });
        over_block<Sum>(sums);
        float mean_g = sums[0] / c, mean_gz = sums[1] / c;
        T* out = dx + (size_t)row * c;
        each_group<HELD>(groups, [&](int g, int k) {
            float v[V], d[V], weight[V];
            in.get(g, k, v);
            up.get(g, k, d);
            load<V>(w + g * V, weight);
#pragma unroll
            for (int j = 0; j < V; j++) {
                float z = (v[j] - m) * r;
                v[j] = r * fmaf(z, -mean_gz, d[j] * weight[j] - mean_g);
            }
            store<V>(v, out + g * V);
        });
    }
}

template <int V, class T>
__device__ inline void parameter_sums(
    const T* dy, const T* x, const float* mean, const float* rstd, float* sums, int n, int c, int slab_rows) {
    column_sums<V, 2>(n, c, slab_rows, sums, [=](int row, size_t at, float (&sum)[2][V]) {
        float m = mean[row], r = rstd[row];
        float v[V], d[V];
        load<V>(x + at, v);
        load<V>(dy + at, d);
#pragma unroll
        for (int j = 0; j < V; j++) {
            sum[0][j] = fmaf((v[j] - m) * r, d[j], sum[0][j]);
            sum[1][j] += d[j];
        }
    });
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(1024) void layer_norm_forward_##TYPE( \
        const T* x, const float* w, const float* b, float eps, T* y, float* mean, float* rstd, int n, int c) { \
        if (in_groups(c, x, w, b, y)) forward<LANES<T>>(x, w, b, eps, y, mean, rstd, n, c); \
        else forward<1>(x, w, b, eps, y, mean, rstd, n, c); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void layer_norm_backward_##TYPE( \
        const T* dy, const T* x, const float* w, const float* mean, const float* rstd, T* dx, int n, int c) { \
        if (in_groups(c, x, dy, w, dx)) backward<LANES<T>>(dy, x, w, mean, rstd, dx, n, c); \
        else backward<1>(dy, x, w, mean, rstd, dx, n, c); \
    } \
    extern "C" __global__ __launch_bounds__(256, 3) void layer_norm_parameter_sums_##TYPE( \
        const T* dy, const T* x, const float* mean, const float* rstd, float* sums, int n, int c, int slab_rows) { \
        if (in_groups(c, x, dy)) parameter_sums<LANES<T>>(dy, x, mean, rstd, sums, n, c, slab_rows); \
        else parameter_sums<1>(dy, x, mean, rstd, sums, n, c, slab_rows); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
