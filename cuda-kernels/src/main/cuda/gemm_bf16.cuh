// A matrix product on tensor cores: 128 x 128 values of the result per block of four warps, 64 x 64 per warp, sums in f32.
//
// Tiles of 32 k of both operands travel to shared memory by asynchronous copies, three pairs ahead of the one that is
// multiplied. They keep the layout they have in memory and are turned while fragments are loaded. 16-byte pieces of a row
// are permuted, so that the eight rows an 8 x 8 matrix is made of lie in different banks:
//
//   k along rows     [128 rows][4 pieces]     piece p of row r lies at p ^ (r / 2 % 4): two rows share 128 bytes
//   k across rows    [32 k][16 pieces]        piece p of row r lies at p ^ (r % 8)
#pragma once

#include "matrix.cuh"
#include "mma.cuh"
#include "tiles.cuh"
#include "write.cuh"

const int STEP = 32, STAGES = 4, PAIR_BYTES = 16384, OPERAND_BYTES = 8192, WARP_SIDE = 64;
const int RESULT_PITCH = 136;  // floats: fragments are then stored without bank conflicts

extern __shared__ float4 shared_memory[];

template <bool K_LAST>
__device__ inline unsigned piece_at(int row, int piece) {
    return K_LAST ? row * 64 + ((piece ^ (row >> 1 & 3)) << 4) : row * 256 + ((piece ^ (row & 7)) << 4);
}

// Starts the copies of one tile: rows `row` ... of which `rows` exist, k from `k` to `end`. Rows are multiples of 16 bytes.
template <bool K_LAST>
__device__ inline void copy_tile(unsigned to, const Matrix& a, int row, int rows, int k, int end) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int n = threadIdx.x + 128 * i;
        int r = K_LAST ? n / 4 : n / 16, piece = K_LAST ? n % 4 : n % 16;
        int x = (K_LAST ? row : k) + r, y = (K_LAST ? k : row) + 8 * piece;
        bool there = K_LAST ? x < rows && y < end : x < end && y < rows;
        const bf16* from = (const bf16*)a.data + (there ? (size_t)x * a.width + y : 0);
        copy_async(to + piece_at<K_LAST>(r, piece), from, there ? 16 : 0);
    }
}

// The same for any type and any width, times `factor`, at once.
template <bool K_LAST, int TYPE>
__device__ inline void decode_tile(char* to, const Matrix& a, int row, int rows, int k, int end, float factor) {
#pragma unroll 1
    for (int i = 0; i < 4; i++) {
        int n = threadIdx.x + 128 * i;
        int r = K_LAST ? n / 4 : n / 16, piece = K_LAST ? n % 4 : n % 16;
        int x = (K_LAST ? row : k) + r, y = (K_LAST ? k : row) + 8 * piece;
        int there = K_LAST ? (x < rows ? end - y : 0) : (x < end ? rows - y : 0);
        float v[8];
        eight<TYPE>(a, x, y, there, v);
        *(uint4*)(to + piece_at<K_LAST>(r, piece)) = make_uint4(
            pair(factor * v[0], factor * v[1], bf16{}), pair(factor * v[2], factor * v[3], bf16{}),
            pair(factor * v[4], factor * v[5], bf16{}), pair(factor * v[6], factor * v[7], bf16{}));
    }
}

// A fragment of 16 rows and 16 k, from `row` and `k` of the tile on.
template <bool K_LAST>
__device__ inline void load_a(unsigned (&x)[4], unsigned tile, int row, int k) {
    int lane = threadIdx.x % 32;
    if (K_LAST) load_matrices(x, tile + piece_at<true>(row + lane % 16, k / 8 + lane / 16));
    else load_transposed(x, tile + piece_at<false>(k + lane / 16 * 8 + lane % 8, row / 8 + lane / 8 % 2));
}

// Fragments of 16 k of two times 8 columns: x[0], x[1] of the first, x[2], x[3] of the second.
template <bool K_LAST>
__device__ inline void load_b(unsigned (&x)[4], unsigned tile, int column, int k) {
    int lane = threadIdx.x % 32;
    if (K_LAST) load_matrices(x, tile + piece_at<true>(column + lane / 16 * 8 + lane % 8, k / 8 + lane / 8 % 2));
    else load_transposed(x, tile + piece_at<false>(k + lane % 16, column / 8 + lane / 16));
}

typedef float SumsBf16[4][8][4];

template <bool A_K_LAST, bool B_K_LAST>
__device__ inline void multiply_bf16(unsigned pair, SumsBf16& sums) {
    int warp = threadIdx.x / 32, row = warp / 2 * WARP_SIDE, column = warp % 2 * WARP_SIDE;
#pragma unroll
    for (int k = 0; k < STEP; k += 16) {
        unsigned a[4][4], b[4][4];
#pragma unroll
        for (int i = 0; i < 4; i++) load_a<A_K_LAST>(a[i], pair, row + 16 * i, k);
#pragma unroll
        for (int j = 0; j < 4; j++) load_b<B_K_LAST>(b[j], pair + OPERAND_BYTES, column + 16 * j, k);
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < 8; j++) multiply_add(sums[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
        }
    }
}

// Adds the products over `range`. A b of another B_TYPE than BF16 is decoded on the way.
template <bool A_K_LAST, bool B_K_LAST, int B_TYPE>
__device__ inline void product_bf16(
    const Matrix& a, const Matrix& b, int m, int n, Range range, Tile tile, SumsBf16& sums) {
    unsigned shared = shared_address(shared_memory);
    auto start = [&](int k, int stage) {
        if (k < range.end) {
            copy_tile<A_K_LAST>(shared + stage * PAIR_BYTES, a, tile.row, m, k, range.end);
            if (B_TYPE != BF16) {
                char* to = (char*)shared_memory + stage * PAIR_BYTES + OPERAND_BYTES;
                decode_tile<B_K_LAST, B_TYPE>(to, b, tile.column, n, k, range.end, 1);
            } else {
                copy_tile<B_K_LAST>(shared + stage * PAIR_BYTES + OPERAND_BYTES, b, tile.column, n, k, range.end);
            }
        }
        commit_copies();
    };
#pragma unroll
    for (int stage = 0; stage < STAGES - 1; stage++) start(range.begin + stage * STEP, stage);
    int now = 0;
    for (int k = range.begin; k < range.end; k += STEP) {
        wait_for_copies<STAGES - 2>();
        __syncthreads();  // the pair is there for all, and nobody still reads the one that is overwritten next
        start(k + (STAGES - 1) * STEP, (now + STAGES - 1) % STAGES);
        multiply_bf16<A_K_LAST, B_K_LAST>(shared + now * PAIR_BYTES, sums);
        now = (now + 1) % STAGES;
    }
    wait_for_copies<0>();
    __syncthreads();
}

// Adds factor · a b for operands in F32 or BF16, without overlap: for short sums.
template <bool A_K_LAST, bool B_K_LAST>
__device__ inline void short_product_bf16(
    const Matrix& a, const Matrix& b, int m, int n, int k, float factor, Tile tile, SumsBf16& sums) {
    for (int at = 0; at < k; at += STEP) {
        decode_tile<A_K_LAST, DATA>((char*)shared_memory, a, tile.row, m, at, k, factor);
        decode_tile<B_K_LAST, DATA>((char*)shared_memory + OPERAND_BYTES, b, tile.column, n, at, k, 1);
        __syncthreads();
        multiply_bf16<A_K_LAST, B_K_LAST>(shared_address(shared_memory), sums);
        __syncthreads();
    }
}

// c (+)= alpha · sums, by way of the shared memory of the operands.
__device__ inline void write_bf16(
    void* c, int type, int m, int n, float alpha, bool add, Tile tile, const SumsBf16& sums) {
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    float* rows = (float*)shared_memory;
    float* to = rows + (warp / 2 * WARP_SIDE + lane / 4) * RESULT_PITCH + warp % 2 * WARP_SIDE + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 8; j++) {
            const float* s = sums[i][j];
            *(float2*)(to + 16 * i * RESULT_PITCH + 8 * j) = make_float2(alpha * s[0], alpha * s[1]);
            *(float2*)(to + (16 * i + 8) * RESULT_PITCH + 8 * j) = make_float2(alpha * s[2], alpha * s[3]);
        }
    }
    __syncthreads();
    write_rows<RESULT_PITCH>(rows, 128, c, type, m, n, add, tile);
}
