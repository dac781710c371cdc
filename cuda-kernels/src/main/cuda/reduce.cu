// Sums. Each is cut at places that depend on the sizes alone, so that it has one order on every GPU.
//
//   segment_sum            y[s] = sum of x[offsets[s] ... offsets[s+1])          and its backward
//   column_sums            y[j] += sum over rows of x[i,j], in slabs of rows (columns.cuh) and then over the slabs
//   row_sums               y[i] = sum over columns of x[i,j], a block a row
//   squares                partial sums of x^2 in f64; the host adds them
//
// An offset that lies outside x or before the one before it stops the kernel.

#include "columns.cuh"
#include "reduce.cuh"

// First and end of segment s of n values.
__device__ inline int2 segment(const int* offsets, int s, int n) {
    int start = offsets[s], end = offsets[s + 1];
    if (start < 0 || end < start || end > n) __trap();
    return make_int2(start, end);
}

extern "C" __global__ __launch_bounds__(256) void reduce_segment_sum_f32(
    const float* x, const int* offsets, float* y, int segments, int n) {
    for (int s = blockIdx.x; s < segments; s += gridDim.x) {
        int2 at = segment(offsets, s, n);
        float sum = 0;
#pragma unroll 4
        for (int i = at.x + threadIdx.x; i < at.y; i += blockDim.x) sum += x[i];
        sum = over_block<Sum>(sum);
        if (threadIdx.x == 0) y[s] = sum;
    }
}

extern "C" __global__ __launch_bounds__(256) void reduce_segment_sum_backward_f32(
    const float* dy, const int* offsets, float* dx, int segments, int n) {
    for (int s = blockIdx.x; s < segments; s += gridDim.x) {
        int2 at = segment(offsets, s, n);
        float d = dy[s];
        for (int i = at.x + threadIdx.x; i < at.y; i += blockDim.x) dx[i] = d;
    }
}

template <int V, class T>
__device__ inline void rows_of(const T* x, float* sums, int n, int c, int slab_rows) {
    column_sums<V, 1>(n, c, slab_rows, sums, [=](int, size_t at, float (&sum)[1][V]) {
        float v[V];
        load<V>(x + at, v);
#pragma unroll
        for (int j = 0; j < V; j++) sum[0][j] += v[j];
    });
}

extern "C" __global__ __launch_bounds__(256, 3) void reduce_column_sums_f32(
    const float* x, float* sums, int n, int c, int slab_rows) {
    if (c % LANES<float> == 0 && aligned(x)) rows_of<LANES<float>>(x, sums, n, c, slab_rows);
    else rows_of<1>(x, sums, n, c, slab_rows);
}

extern "C" __global__ __launch_bounds__(256, 3) void reduce_column_sums_bf16(
    const bf16* x, float* sums, int n, int c, int slab_rows) {
    if (c % LANES<bf16> == 0 && aligned(x)) rows_of<LANES<bf16>>(x, sums, n, c, slab_rows);
    else rows_of<1>(x, sums, n, c, slab_rows);
}

// y[j] += sum over slabs of sums[slab, j], rows of which lie `stride` values apart.
extern "C" __global__ __launch_bounds__(256) void reduce_add_slabs(
    const float* sums, int stride, int slabs, float* y, int c) {
    for (unsigned j = global_thread(); j < c; j += all_threads()) {
        float total = 0;
#pragma unroll 8
        for (int s = 0; s < slabs; s++) total += sums[(size_t)s * stride + j];
        y[j] += total;
    }
}

template <int V, class T>
__device__ inline void row_sums(const T* x, float* y, int n, int c) {
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        const T* from = x + (size_t)row * c;
        float sum = 0;
#pragma unroll 4
        for (int g = threadIdx.x; g < c / V; g += blockDim.x) {
            float v[V];
            load<V>(from + g * V, v);
#pragma unroll
            for (int j = 0; j < V; j++) sum += v[j];
        }
        sum = over_block<Sum>(sum);
        if (threadIdx.x == 0) y[row] = sum;
    }
}

extern "C" __global__ __launch_bounds__(1024) void reduce_row_sums_f32(const float* x, float* y, int n, int c) {
    if (c % LANES<float> == 0 && aligned(x)) row_sums<LANES<float>>(x, y, n, c);
    else row_sums<1>(x, y, n, c);
}

extern "C" __global__ __launch_bounds__(1024) void reduce_row_sums_bf16(const bf16* x, float* y, int n, int c) {
    if (c % LANES<bf16> == 0 && aligned(x)) row_sums<LANES<bf16>>(x, y, n, c);
    else row_sums<1>(x, y, n, c);
}

template <int V, class T>
__device__ inline double squares_of(const T* x, unsigned first, unsigned groups) {
    constexpr int U = 4;
    double sum = 0;
    unsigned stride = all_threads();
    for (unsigned g = global_thread(); g < groups; g += U * stride) {
        float v[U][V] = {};
#pragma unroll
        for (int u = 0; u < U; u++)
            if (g + u * stride < groups) load<V>(x + first + (g + u * stride) * V, v[u]);
#pragma unroll
        for (int u = 0; u < U; u++)
#pragma unroll
            for (int j = 0; j < V; j++) sum = fma((double)v[u][j], (double)v[u][j], sum);
    }
    return sum;
}

template <class T>
__device__ inline void squares(const T* x, double* sums, int n) {
    unsigned groups = aligned(x) ? n / LANES<T> : 0;
    double sum = squares_of<LANES<T>>(x, 0, groups) + squares_of<1>(x, groups * LANES<T>, n - groups * LANES<T>);
    sum = over_block<Sum>(sum);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

extern "C" __global__ __launch_bounds__(256) void reduce_squares_f32(const float* x, double* sums, int n) {
    squares(x, sums, n);
}

extern "C" __global__ __launch_bounds__(256) void reduce_squares_bf16(const bf16* x, double* sums, int n) {
    squares(x, sums, n);
}
