// A product with few rows of a, which is as fast as b is read: c[i][j] (+)= alpha · Σ_k a[i][k] b[j][k]. A warp
// computes four columns of the result; its lanes take turns in pieces of eight k, and their sums are added at the
// end.
#pragma once

#include "matrix.cuh"
#include "write.cuh"

const int COLUMNS = 4;

// At most M rows of a.
template <int B_TYPE, int M>
__device__ inline void product_rows(
    const Matrix& a, const Matrix& b, void* c, int c_type, int m, int n, int k, float alpha, int accumulate) {
    int lane = threadIdx.x % 32, column = (blockIdx.x * blockDim.x + threadIdx.x) / 32 * COLUMNS;
    float sums[M][COLUMNS] = {};
    for (int at = 8 * lane; at < k; at += 256) {
        float w[COLUMNS][8], x[8];
#pragma unroll
        for (int j = 0; j < COLUMNS; j++) eight<B_TYPE>(b, column + j, at, column + j < n ? k - at : 0, w[j]);
#pragma unroll
        for (int i = 0; i < M; i++) {
            if (i >= m) break;
            eight<DATA>(a, i, at, k - at, x);
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
#pragma unroll
                for (int e = 0; e < 8; e++) sums[i][j] = fmaf(x[e], w[j][e], sums[i][j]);
            }
        }
    }
#pragma unroll
    for (int i = 0; i < M; i++) {
#pragma unroll
        for (int j = 0; j < COLUMNS; j++) {
            float sum = sums[i][j];
#pragma unroll
            for (int s = 16; s > 0; s /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, s);
            if (lane == 0 && i < m && column + j < n) {
                write_value(c, c_type, (size_t)i * n + column + j, accumulate, alpha * sum);
            }
        }
    }
}
