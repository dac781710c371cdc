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

// Where a thread's four pieces of the tiles of one operand come from: they lie 32 rows, or 8 k, apart.
template <bool K_LAST>
struct Copier {
    const bf16* from;  // the first piece of the tile that begins at k = 0
    int width;
    int k;           // of the first piece in the tile
    unsigned there;  // bit i: whether the row or the columns of piece i exist
    unsigned to;     // of the first piece in the tile

    __device__ Copier(const Matrix& a, int row, int rows) {
        int r = K_LAST ? threadIdx.x / 4 : threadIdx.x / 16, piece = K_LAST ? threadIdx.x % 4 : threadIdx.x % 16;
        width = a.width;
        k = K_LAST ? 8 * piece : r;
        from = (const bf16*)a.data + (K_LAST ? (size_t)(row + r) * width + k : (size_t)r * width + row + 8 * piece);
        there = 0;
        for (int i = 0; i < 4; i++) there |= (K_LAST ? row + r + 32 * i : row + 8 * piece) < rows ? 1 << i : 0;
        to = piece_at<K_LAST>(r, piece);
    }

    // Starts the copies of the tile at `at`; k ends at `end`. What does not exist becomes zero and is not read.
    __device__ void start(unsigned tile, int at, int end) const {
        const bf16* p = from + (K_LAST ? at : (size_t)at * width);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            bool exists = (there >> i & 1) && at + k + (K_LAST ? 0 : 8 * i) < end;
            copy_async(tile + to + 2048 * i, p + (size_t)(K_LAST ? 32 : 8) * i * width, exists ? 16 : 0);
        }
    }
};

// The same tile from any type and any width, times `factor`, at once.
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

// Where this lane's share of a fragment of A lies: 16 rows from `row` on, k from 0 on. Of B: twice 8 columns.
template <bool K_LAST>
__device__ inline unsigned fragment_of_a(int row) {
    int lane = threadIdx.x % 32;
    return K_LAST ? piece_at<true>(row + lane % 16, lane / 16)
                  : piece_at<false>(lane / 16 * 8 + lane % 8, row / 8 + lane / 8 % 2);
}

template <bool K_LAST>
__device__ inline unsigned fragment_of_b(int column) {
    int lane = threadIdx.x % 32;
    return K_LAST ? piece_at<true>(column + lane / 16 * 8 + lane % 8, lane / 8 % 2)
                  : piece_at<false>(lane % 16, column / 8 + lane / 16);
}

// The fragment 16 · i rows and k further on: what is permuted is a number of pieces that is even, so that xor adds it.
template <bool K_LAST>
__device__ inline void load_fragment(unsigned (&x)[4], unsigned tile, unsigned first, int i, int k) {
    if (K_LAST) load_matrices(x, tile + (first ^ (2 * k)) + 1024 * i);
    else load_transposed(x, tile + (first ^ (32 * i)) + 256 * k);
}

typedef float SumsBf16[4][8][4];

// What else is to be multiplied by the tiles of a: nothing. Another product of a may take its place.
struct Alone {
    __device__ void start(int, int, int) {}
    __device__ void multiply(const unsigned (&)[4][4], int, int) {}
};

template <bool A_K_LAST, bool B_K_LAST, class Beside>
__device__ inline void multiply_bf16(unsigned pair, SumsBf16& sums, Beside& beside, int stage) {
    int warp = threadIdx.x / 32;
    unsigned first_a = fragment_of_a<A_K_LAST>(warp / 2 * WARP_SIDE);
    unsigned first_b = fragment_of_b<B_K_LAST>(warp % 2 * WARP_SIDE);
#pragma unroll
    for (int k = 0; k < STEP; k += 16) {
        unsigned a[4][4], b[4][4];
#pragma unroll
        for (int i = 0; i < 4; i++) load_fragment<A_K_LAST>(a[i], pair, first_a, i, k);
#pragma unroll
        for (int j = 0; j < 4; j++) load_fragment<B_K_LAST>(b[j], pair + OPERAND_BYTES, first_b, j, k);
        beside.multiply(a, stage, k);
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < 8; j++) multiply_add(sums[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
        }
    }
}

// Adds the products over `range`. A b of another B_TYPE than BF16 is decoded on the way.
template <bool A_K_LAST, bool B_K_LAST, int B_TYPE, class Beside>
__device__ inline void product_bf16(
    const Matrix& a, const Matrix& b, int m, int n, Range range, Tile tile, SumsBf16& sums, Beside& beside) {
    unsigned shared = shared_address(shared_memory);
    Copier<A_K_LAST> copy_a(a, tile.row, m);
    Copier<B_K_LAST> copy_b(b, tile.column, n);
    auto start = [&](int k, int stage) {
        if (k < range.end) {
            copy_a.start(shared + stage * PAIR_BYTES, k, range.end);
            if (B_TYPE != BF16) {
                char* to = (char*)shared_memory + stage * PAIR_BYTES + OPERAND_BYTES;
                decode_tile<B_K_LAST, B_TYPE>(to, b, tile.column, n, k, range.end, 1);
            } else {
                copy_b.start(shared + stage * PAIR_BYTES + OPERAND_BYTES, k, range.end);
            }
            beside.start(stage, k, range.end);
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
        multiply_bf16<A_K_LAST, B_K_LAST>(shared + now * PAIR_BYTES, sums, beside, now);
        now = (now + 1) % STAGES;
    }
    wait_for_copies<0>();
    __syncthreads();
}

template <bool A_K_LAST, bool B_K_LAST, int B_TYPE>
__device__ inline void product_bf16(
    const Matrix& a, const Matrix& b, int m, int n, Range range, Tile tile, SumsBf16& sums) {
    Alone alone;
    product_bf16<A_K_LAST, B_K_LAST, B_TYPE>(a, b, m, n, range, tile, sums, alone);
}

// Adds factor · a b for operands in F32 or BF16, without overlap: for short sums.
template <bool A_K_LAST, bool B_K_LAST>
__device__ inline void short_product_bf16(
    const Matrix& a, const Matrix& b, int m, int n, int k, float factor, Tile tile, SumsBf16& sums) {
    Alone alone;
    for (int at = 0; at < k; at += STEP) {
        decode_tile<A_K_LAST, DATA>((char*)shared_memory, a, tile.row, m, at, k, factor);
        decode_tile<B_K_LAST, DATA>((char*)shared_memory + OPERAND_BYTES, b, tile.column, n, at, k, 1);
        __syncthreads();
        multiply_bf16<A_K_LAST, B_K_LAST>(shared_address(shared_memory), sums, alone, 0);
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
