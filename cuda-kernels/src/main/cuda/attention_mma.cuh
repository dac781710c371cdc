// Attention on tensor cores, bf16 with heads of D = 64 or 128: four warps, each with rows of its own.
//
// Rows of queries and keys lie in shared memory as in memory, in pieces of 16 bytes of which piece p of row r lies
// at p ^ (r % 8), so that the eight rows of an 8 x 8 matrix are read without bank conflicts. Scores never leave
// registers: the fragment a product leaves them in is the one the next product takes its left side from.
#pragma once

#include "attention_tiles.cuh"
#include "mma.cuh"

extern __shared__ float4 shared_memory[];

const float LOG2E = 1.44269504088896340736f;

__device__ inline float exp2_of(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// Largest value, or sum, of the four lanes that hold one row of a fragment.
__device__ inline float row_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
    return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}

__device__ inline float row_sum(float x) {
    x += __shfl_xor_sync(0xffffffffu, x, 1);
    return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

template <int D>
__device__ inline unsigned head_piece(int row, int piece) {
    return row * (2 * D) + ((piece ^ (row & 7)) << 4);
}

// Starts to copy ROWS rows of one head, zero behind the first `count`; `row(i)` is where row i lies.
template <int D, int ROWS_, class Row>
__device__ inline void copy_rows(unsigned to, const bf16* from, int count, Row row) {
#pragma unroll
    for (int n = threadIdx.x; n < ROWS_ * D / 8; n += 128) {
        int r = n / (D / 8), piece = n % (D / 8);
        bool there = r < count;
        copy_async(to + head_piece<D>(r, piece), from + (there ? row(r) + 8 * piece : 0), there ? 16 : 0);
    }
}

// Left side: 16 rows and 16 columns from `row`, `k` on.
template <int D>
__device__ inline void left(unsigned (&x)[4], unsigned tile, int row, int k) {
    int lane = threadIdx.x % 32;
    load_matrices(x, tile + head_piece<D>(row + lane % 16, k / 8 + lane / 16));
}

// Right side of a product with rows: two times 8 rows from `row` on, 16 values of each.
template <int D>
__device__ inline void right_rows(unsigned (&x)[4], unsigned tile, int row, int k) {
    int lane = threadIdx.x % 32;
    load_matrices(x, tile + head_piece<D>(row + lane / 16 * 8 + lane % 8, k / 8 + lane / 8 % 2));
}

// Right side of a weighted sum of rows: 16 rows from `row` on, two times 8 of their columns.
template <int D>
__device__ inline void right_columns(unsigned (&x)[4], unsigned tile, int row, int column) {
    int lane = threadIdx.x % 32;
    load_transposed(x, tile + head_piece<D>(row + lane % 16, column / 8 + lane / 16));
}

// s = a bᵀ: 16 · M rows of `a` from `row` on by 8 · N rows of `b`, over D.
template <int D, int M, int N>
__device__ inline void scores(float (&s)[M][N][4], unsigned a, int row, unsigned b) {
#pragma unroll
    for (int i = 0; i < M; i++) {
#pragma unroll
        for (int j = 0; j < N; j++) s[i][j][0] = s[i][j][1] = s[i][j][2] = s[i][j][3] = 0;
    }
#pragma unroll
    for (int k = 0; k < D; k += 16) {
        unsigned x[M][4];
#pragma unroll
        for (int i = 0; i < M; i++) left<D>(x[i], a, row + 16 * i, k);
#pragma unroll
        for (int j = 0; j < N; j += 2) {
            unsigned y[4];
            right_rows<D>(y, b, 8 * j, k);
#pragma unroll
            for (int i = 0; i < M; i++) {
                multiply_add(s[i][j], x[i], y[0], y[1]);
                multiply_add(s[i][j + 1], x[i], y[2], y[3]);
            }
        }
    }
}

// sums += p b: p as `scores` leaves it, rounded to bf16, times the 8 · N rows of `b`.
template <int D, int M, int N>
__device__ inline void add_rows(float (&sums)[M][D / 8][4], const float (&p)[M][N][4], unsigned b) {
#pragma unroll
    for (int j = 0; j < N; j += 2) {
        unsigned x[M][4];
#pragma unroll
        for (int i = 0; i < M; i++) {
            x[i][0] = pair(p[i][j][0], p[i][j][1], bf16{});
            x[i][1] = pair(p[i][j][2], p[i][j][3], bf16{});
            x[i][2] = pair(p[i][j + 1][0], p[i][j + 1][1], bf16{});
            x[i][3] = pair(p[i][j + 1][2], p[i][j + 1][3], bf16{});
        }
#pragma unroll
        for (int c = 0; c < D / 8; c += 2) {
            unsigned y[4];
            right_columns<D>(y, b, 8 * j, 8 * c);
#pragma unroll
            for (int i = 0; i < M; i++) {
                multiply_add(sums[i][c], x[i], y[0], y[1]);
                multiply_add(sums[i][c + 1], x[i], y[2], y[3]);
            }
        }
    }
}

// Writes 16 · M rows of a warp, times factors per row, by way of its own rows of `tile`, which nobody else reads any
// more. `first` is the warp's first row in the tile; rows from `count` on do not exist.
template <int D, int M, class Row>
__device__ inline void write_heads(const float (&sums)[M][D / 8][4], const float (&factor)[M][2], char* tile, int first,
    int count, bf16* to, Row row) {
    int lane = threadIdx.x % 32;
    __syncwarp();  // the warp's other lanes have read these rows
#pragma unroll
    for (int i = 0; i < M; i++) {
#pragma unroll
        for (int c = 0; c < D / 8; c++) {
            int r = first + 16 * i + lane / 4;
            const float* s = sums[i][c];
            float f = factor[i][0], g = factor[i][1];
            *(unsigned*)(tile + head_piece<D>(r, c) + lane % 4 * 4) = pair(f * s[0], f * s[1], bf16{});
            *(unsigned*)(tile + head_piece<D>(r + 8, c) + lane % 4 * 4) = pair(g * s[2], g * s[3], bf16{});
        }
    }
    __syncwarp();
    for (int n = lane; n < 16 * M * D / 8; n += 32) {
        int r = first + n / (D / 8), piece = n % (D / 8);
        if (r < count) *(uint4*)(to + row(r) + 8 * piece) = *(const uint4*)(tile + head_piece<D>(r, piece));
    }
}
