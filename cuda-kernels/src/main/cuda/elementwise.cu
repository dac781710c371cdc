// Element-by-element arithmetic on tensors of one size and type. Outputs may be one of the inputs.
//
//   add y = a + b     scale y = s x     axpy y += s x
//   add_bias y[i,j] = x[i,j] + bias[j]      scale_rows y[i,j] = x[i,j] s[i]       bias and s are f32

#include "map.cuh"

template <class T>
__device__ inline void fill(T* y, float value, unsigned n) {
    float v[LANES<T>];
#pragma unroll
    for (int j = 0; j < LANES<T>; j++) v[j] = value;
    unsigned groups = aligned(y) ? n / LANES<T> : 0;
    for (unsigned g = global_thread(); g < groups; g += all_threads()) store<LANES<T>>(v, y + g * LANES<T>);
    for (unsigned i = groups * LANES<T> + global_thread(); i < n; i += all_threads()) from_float(value, y[i]);
}

template <class T>
__device__ inline void add(const T* a, const T* b, T* y, int n) {
    map<2, 1, T>({a, b}, {y}, n, [](const float* x, float* r, unsigned) { r[0] = x[0] + x[1]; });
}

template <class T>
__device__ inline void scale(const T* x, float s, T* y, int n) {
    map<1, 1, T>({x}, {y}, n, [=](const float* v, float* r, unsigned) { r[0] = s * v[0]; });
}

template <class T>
__device__ inline void axpy(float s, const T* x, T* y, int n) {
    map<2, 1, T>({x, y}, {y}, n, [=](const float* v, float* r, unsigned) { r[0] = fmaf(s, v[0], v[1]); });
}

// Groups of V values of a matrix, f(values, row, column) changing them on their way from x to y.
template <int V, class T, class F>
__device__ inline void map_matrix(const T* x, T* y, unsigned groups, unsigned row_groups, F f) {
    constexpr int U = 4;
    unsigned stride = all_threads();
    for (unsigned g = global_thread(); g < groups; g += U * stride) {
        float v[U][V];
#pragma unroll
        for (int u = 0; u < U; u++)
            if (g + u * stride < groups) load<V>(x + (g + u * stride) * V, v[u]);
#pragma unroll
        for (int u = 0; u < U; u++) {
            unsigned at = g + u * stride;
            if (at >= groups) break;
            f(v[u], at / row_groups, at % row_groups * V);
            store<V>(v[u], y + at * V);
        }
    }
}

template <int V>
struct AddBias {
    const float* bias;
    __device__ void operator()(float (&v)[V], unsigned, unsigned column) const {
        float b[V];
        load<V>(bias + column, b);
#pragma unroll
        for (int j = 0; j < V; j++) v[j] += b[j];
    }
};

template <int V>
struct ScaleRow {
    const float* s;
    __device__ void operator()(float (&v)[V], unsigned row, unsigned) const {
        float factor = s[row];
#pragma unroll
        for (int j = 0; j < V; j++) v[j] *= factor;
    }
};

template <class T>
__device__ inline void add_bias(const T* x, const float* bias, T* y, int n, int c) {
    constexpr int V = LANES<T>;
    if (c % V == 0 && aligned(x, bias, y)) map_matrix<V>(x, y, n / V, c / V, AddBias<V>{bias});
    else map_matrix<1>(x, y, n, c, AddBias<1>{bias});
}

template <class T>
__device__ inline void scale_rows(const T* x, const float* s, T* y, int n, int c) {
    constexpr int V = LANES<T>;
    if (c % V == 0 && aligned(x, y)) map_matrix<V>(x, y, n / V, c / V, ScaleRow<V>{s});
    else map_matrix<1>(x, y, n, c, ScaleRow<1>{s});
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void elementwise_fill_##TYPE(T* y, float value, int n) { \
        fill(y, value, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void elementwise_add_##TYPE(const T* a, const T* b, T* y, int n) { \
        add(a, b, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void elementwise_scale_##TYPE(const T* x, float s, T* y, int n) { \
        scale(x, s, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void elementwise_axpy_##TYPE(float s, const T* x, T* y, int n) { \
        axpy(s, x, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void elementwise_add_bias_##TYPE( \
        const T* x, const float* bias, T* y, int n, int c) { \
        add_bias(x, bias, y, n, c); \
    } \
    extern "C" __global__ __launch_bounds__(256) void elementwise_scale_rows_##TYPE( \
        const T* x, const float* s, T* y, int n, int c) { \
        scale_rows(x, s, y, n, c); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
