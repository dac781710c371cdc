// A matrix product on f32 arithmetic units: 128 x 128 values of the result per block of 256 threads, 8 x 8 per
// thread.
//
//   sums[i][j] += factor · Σ_k a(row + i, k) · b(column + j, k)
//
// Tiles of 16 k of both operands lie in shared memory as [k][row]; while one pair is multiplied the next one travels
// from memory to registers. A thread's 8 rows are two groups of 4, 64 apart: so neighbours read neighbouring words.
#pragma once

#include "matrix.cuh"
#include "tiles.cuh"
#include "write.cuh"

const int SIDE = 128, DEPTH = 16;

typedef float TileF32[DEPTH][SIDE];

struct SharedF32 {
    TileF32 a[2], b[2];
};

// An operand of which rows `row ...` are wanted: k runs along its rows (K_LAST) or across them.
template <bool K_LAST, int TYPE>
__device__ inline void fetch(const Matrix& a, int row, int rows, int k, int end, float (&x)[8]) {
    int t = threadIdx.x;
    if (K_LAST) {
        int at = k + t / SIDE * 8;
        eight<TYPE>(a, row + t % SIDE, at, row + t % SIDE < rows ? end - at : 0, x);
    } else {
        int at = row + t % 16 * 8;
        eight<TYPE>(a, k + t / 16, at, k + t / 16 < end ? rows - at : 0, x);
    }
}

template <bool K_LAST>
__device__ inline void keep(TileF32& tile, const float (&x)[8], float factor) {
    int t = threadIdx.x;
    if (K_LAST) {
#pragma unroll
        for (int i = 0; i < 8; i++) tile[t / SIDE * 8 + i][t % SIDE] = factor * x[i];
    } else {
        float4 low = make_float4(factor * x[0], factor * x[1], factor * x[2], factor * x[3]);
        float4 high = make_float4(factor * x[4], factor * x[5], factor * x[6], factor * x[7]);
        bool swap = t & 4;  // lanes 4 ... 7 begin with the upper half: so eight lanes meet in no bank
        float* to = &tile[t / 16][t % 16 * 8];
        *(float4*)(to + (swap ? 4 : 0)) = swap ? high : low;
        *(float4*)(to + (swap ? 0 : 4)) = swap ? low : high;
    }
}

__device__ inline void multiply(const TileF32& a, const TileF32& b, float (&sums)[8][8]) {
    int tx = threadIdx.x % 16 * 4, ty = threadIdx.x / 16 * 4;
#pragma unroll 2
    for (int k = 0; k < DEPTH; k++) {
        float4 a0 = *(const float4*)&a[k][ty], a1 = *(const float4*)&a[k][ty + 64];
        float4 b0 = *(const float4*)&b[k][tx], b1 = *(const float4*)&b[k][tx + 64];
        float x[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
        float y[8] = {b0.x, b0.y, b0.z, b0.w, b1.x, b1.y, b1.z, b1.w};
#pragma unroll
        for (int i = 0; i < 8; i++) {
#pragma unroll
            for (int j = 0; j < 8; j++) sums[i][j] = fmaf(x[i], y[j], sums[i][j]);
        }
    }
}

// Sums over k in `range`; m rows of a, n rows of b exist.
template <bool A_K_LAST, int A_TYPE, bool B_K_LAST, int B_TYPE>
__device__ inline void product_f32(
    SharedF32& shared, const Matrix& a, const Matrix& b, int m, int n, Range range, float factor, Tile tile,
    float (&sums)[8][8]) {
    float x[8], y[8];
    fetch<A_K_LAST, A_TYPE>(a, tile.row, m, range.begin, range.end, x);
    fetch<B_K_LAST, B_TYPE>(b, tile.column, n, range.begin, range.end, y);
    int now = 0;
    for (int k = range.begin; k < range.end; k += DEPTH, now ^= 1) {
        keep<A_K_LAST>(shared.a[now], x, factor);
        keep<B_K_LAST>(shared.b[now], y, 1);
        __syncthreads();  // also: nobody still reads the pair that the next turn overwrites
        if (k + DEPTH < range.end) {
            fetch<A_K_LAST, A_TYPE>(a, tile.row, m, k + DEPTH, range.end, x);
            fetch<B_K_LAST, B_TYPE>(b, tile.column, n, k + DEPTH, range.end, y);
        }
        multiply(shared.a[now], shared.b[now], sums);
    }
    __syncthreads();
}

// c (+)= sums, in two halves of 64 rows, by way of the shared memory of the operands.
__device__ inline void write_f32(
    SharedF32& shared, void* c, int type, int m, int n, bool add, Tile tile, const float (&sums)[8][8]) {
    int tx = threadIdx.x % 16 * 4, ty = threadIdx.x / 16 * 4;
    float* rows = &shared.a[0][0][0];
#pragma unroll
    for (int half = 0; half < 2; half++) {
        if (half > 0) __syncthreads();  // the first half has been read
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const float* s = sums[4 * half + i];
            *(float4*)&rows[(ty + i) * SIDE + tx] = make_float4(s[0], s[1], s[2], s[3]);
            *(float4*)&rows[(ty + i) * SIDE + tx + 64] = make_float4(s[4], s[5], s[6], s[7]);
        }
        __syncthreads();
        write_rows<SIDE>(rows, 64, c, type, m, n, add, {tile.row + 64 * half, tile.column});
    }
}
