// The narrow product of a low-rank update beside the wide one, from the same fragments of x: u = x A for up to 16
// columns, eight per pair of warps. A is f32 in memory and in shared memory, and becomes bf16 on its way to a
// fragment.
//
//   k along rows     [16 columns][40]: 32 k         k across rows    [32 k][20]: 16 columns
//
// Rows are longer than what they hold, so that the lanes of a fragment read different banks.
#pragma once

#include "gemm_bf16.cuh"

const int RANK = 16, RANK_BYTES = 2560;

template <bool K_LAST>
struct RankProduct {
    const float* a;
    int width, rank;
    float sums[4][4];

    __device__ RankProduct(const float* a, int width, int rank) : a(a), width(width), rank(rank), sums{} {}

    __device__ static const float* tile(int stage) {
        return (const float*)((const char*)shared_memory + STAGES * PAIR_BYTES + stage * RANK_BYTES);
    }

    // Starts the copies of k in [at, at + 32); k ends at `end`.
    __device__ void start(int stage, int at, int end) {
        int t = threadIdx.x, row = K_LAST ? t / 8 : t / 4, piece = K_LAST ? t % 8 : t % 4;
        int r = K_LAST ? row : 4 * piece, k = at + (K_LAST ? 4 * piece : row);
        bool there = r < rank && k < end;
        const float* from = a + (there ? (K_LAST ? (size_t)r * width + k : (size_t)k * width + r) : 0);
        copy_async(shared_address(tile(stage) + row * (K_LAST ? 40 : 20) + 4 * piece), from, there ? 16 : 0);
    }

    __device__ void multiply(const unsigned (&x)[4][4], int stage, int k) {
        int lane = threadIdx.x % 32, n = threadIdx.x / 32 % 2 * 8 + lane / 4;
        k += lane % 4 * 2;
        const float* p = tile(stage) + (K_LAST ? n * 40 + k : k * 20 + n);
        const int next = K_LAST ? 1 : 20;
        unsigned b0 = pair(p[0], p[next], bf16{}), b1 = pair(p[8 * next], p[9 * next], bf16{});
#pragma unroll
        for (int i = 0; i < 4; i++) multiply_add(sums[i], x[i], b0, b1);
    }

    // Leaves factor · u as the left side of a product over 32 k in shared memory, and as matrix to_factor · u if `to`.
    __device__ void keep(float factor, void* to, int to_type, float to_factor, int row, int rows) const {
        int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
        char* shared = (char*)shared_memory;
#pragma unroll
        for (int i = 0; i < 8; i++) {
            int r = warp / 2 * WARP_SIDE + i / 2 * 16 + i % 2 * 8 + lane / 4, column = warp % 2 * 8 + lane % 4 * 2;
            float x = sums[i / 2][i % 2 * 2], y = sums[i / 2][i % 2 * 2 + 1];
            *(unsigned*)(shared + piece_at<true>(r, warp % 2) + lane % 4 * 4) = pair(factor * x, factor * y, bf16{});
            *(unsigned*)(shared + piece_at<true>(r, warp % 2 + 2) + lane % 4 * 4) = 0;
            if (!to || row + r >= rows || column >= rank) continue;
            size_t at = (size_t)(row + r) * rank + column;
            write_value(to, to_type, at, false, to_factor * x);
            if (column + 1 < rank) write_value(to, to_type, at + 1, false, to_factor * y);
        }
    }
};
