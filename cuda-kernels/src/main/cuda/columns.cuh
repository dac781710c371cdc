// Sums over the rows of a matrix, first stage: the rows are cut into slabs by the sizes alone, and each slab's sums are
// written to memory of their own, from where `reduce_add_slabs` adds them in the order of the slabs.
//
//   sums f32[slabs, K, c]       grid: x over tiles of 32 groups of V columns, y over slabs; 8 warps take turns at rows
#pragma once

#include "values.cuh"

// term(row, index of the group's first value, sums) adds what a row contributes to K sums per column.
template <int V, int K, class F>
__device__ inline void column_sums(int n, int c, int slab_rows, float* sums, F term) {
    constexpr int WARPS = 8;
    __shared__ float parts[WARPS][K][V][32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    int column_groups = c / V;
    int end = min(n, (int)(blockIdx.y + 1) * slab_rows), tile = blockIdx.x * 32;
    float sum[K][V] = {};
    if (tile + lane < column_groups) {
#pragma unroll 4
        for (int row = blockIdx.y * slab_rows + warp; row < end; row += WARPS)
            term(row, (size_t)row * c + (tile + lane) * V, sum);
    }
#pragma unroll
    for (int k = 0; k < K; k++)
#pragma unroll
        for (int j = 0; j < V; j++) parts[warp][k][j][lane] = sum[k][j];
    __syncthreads();
    for (int i = threadIdx.x; i < K * V * 32; i += 32 * WARPS) {
        int k = i / (V * 32), j = i % V, group = i / V % 32; // neighbours write neighbouring columns
        if (tile + group < column_groups) {
            float total = 0;
#pragma unroll
            for (int w = 0; w < WARPS; w++) total += parts[w][k][j][group];
            sums[((size_t)blockIdx.y * K + k) * c + (tile + group) * V + j] = total;
        }
    }
}
