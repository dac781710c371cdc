// What attention on Hopper is made of: tiles that one warp brings, and products of them that a warpgroup computes.
//
// A tile is ROWS rows of one head as D / 64 tiles of hopper.cuh, 64 columns each. Products leave 64 rows of a
// warpgroup in its registers, two rows of a thread, 8 apart: floats 4 j + 2 e, 4 j + 2 e + 1 are columns 8 j + 2 t
// and the next of row g + 8 e, for lane 4 g + t of a warp.
#pragma once

#include "attention_mma.cuh"
#include "hopper.cuh"

const int TILE_ROW = 128;  // bytes: 64 values

// Number of the n-th piece of work of this block. Pieces are sorted, most work first, and blocks take them in turns,
// every other time in reverse order, so that it is not always the same one that gets the larger piece.
__device__ inline unsigned piece(unsigned n) {
    return n * gridDim.x + (n % 2 ? gridDim.x - 1 - blockIdx.x : blockIdx.x);
}

// Tiles in shared memory that are filled and emptied in turns. Tile `turn` may be read when its bytes are there, and
// is filled again when every warp that reads it has released it.
template <int STAGES, int BYTES>
struct Ring {
    unsigned tiles, barriers;

    __device__ unsigned tile(unsigned turn) const { return tiles + turn % STAGES * BYTES; }
    __device__ unsigned full(unsigned turn) const { return barriers + turn % STAGES * 16; }
    __device__ unsigned empty(unsigned turn) const { return full(turn) + 8; }
    __device__ void wait_full(unsigned turn) const { barrier_wait(full(turn), turn / STAGES & 1); }
    __device__ void wait_empty(unsigned turn) const { barrier_wait(empty(turn), turn / STAGES & 1 ^ 1); }

    __device__ void release(unsigned turn) const {
        if (threadIdx.x % 32 == 0) barrier_arrive(empty(turn));
    }

    // For as many arrivals and releases of each tile.
    __device__ void init(int arrivals, int warps) const {
        for (int s = 0; s < STAGES; s++) {
            barrier_init(full(s), arrivals);
            barrier_init(empty(s), warps);
        }
    }
};

// Dynamic shared memory from its first multiple of 1024 on, where tiles may begin.
struct SharedMemory {
    unsigned first;

    __device__ SharedMemory() : first((shared_address(shared_memory) + 1023) & ~1023) {}

    __device__ char* at(int offset) const {
        return (char*)shared_memory + (first - shared_address(shared_memory)) + offset;
    }
};

// One thread starts to copy ROWS rows of a head; `barrier` has been told of their bytes, ROWS · D · 2.
template <int D, int ROWS>
__device__ inline void bring(unsigned to, const TensorMap& from, unsigned barrier, int head, int row) {
#pragma unroll
    for (int i = 0; i < D / 64; i++) tensor_load(to + i * ROWS * TILE_ROW, from, barrier, head * D + 64 * i, row);
}

// A warp makes rows from `first` on zero, for products to read.
template <int D, int ROWS>
__device__ inline void clear_rows(unsigned tile, int first) {
#pragma unroll 1
    for (int at = tile + first * TILE_ROW + threadIdx.x % 32 * 16; at < tile + ROWS * TILE_ROW; at += 32 * 16) {
#pragma unroll
        for (int i = 0; i < D / 64; i++) {
            asm volatile("st.shared.v4.u32 [%0], {%1, %1, %1, %1};" ::"r"(at + i * ROWS * TILE_ROW), "r"(0) : "memory");
        }
    }
    fence_async();
    __syncwarp();
}

// s = a bᵀ over D, as a group of its own: 64 rows of a tile of A_ROWS rows, 2 · N rows of b.
template <int D, int A_ROWS, int N>
__device__ inline void multiply_rows(float (&s)[N], unsigned a, unsigned b) {
    wgmma_fence();
#pragma unroll
    for (int i = 0; i < D / 16; i++) {
        unsigned long long left = operand(a + i / 4 * A_ROWS * TILE_ROW);
        unsigned long long right = operand(b + i / 4 * 2 * N * TILE_ROW);
        wgmma<true, true>(s, next_k<true>(left, i % 4), next_k<true>(right, i % 4), i > 0);
    }
    wgmma_commit();
}

// sums += p b, as a group of its own: p of `round_to`, 16 · K rows of b.
template <int K, int N>
__device__ inline void add_products(float (&sums)[N], const unsigned (&p)[K][4], unsigned b) {
    wgmma_fence();
#pragma unroll
    for (int i = 0; i < K; i++) wgmma<false>(sums, p[i], next_k<false>(operand(b, 16 * K * TILE_ROW), i), true);
    wgmma_commit();
}

// The result of a product as the left side of the next: the same threads hold the same rows and columns.
template <int K, int N>
__device__ inline void round_to(unsigned (&p)[K][4], const float (&s)[N]) {
#pragma unroll
    for (int i = 0; i < N / 2; i++) p[i / 4][i % 4] = pair(s[2 * i], s[2 * i + 1], bf16{});
}

template <int K>
__device__ inline void pin(unsigned (&p)[K][4]) {
#pragma unroll
    for (int i = 0; i < K; i++) pin(p[i]);
}

// Writes the 16 rows of a warp, times factors per row, by way of its own rows of `results`: `first` is the first of them
// in a tile; rows from `count` on do not exist.
template <int D, class Row>
__device__ inline void write_rows(
    const float (&sums)[D / 2], const float (&factor)[2], char* results, int first, int count, bf16* to, Row row) {
    float factors[1][2] = {{factor[0], factor[1]}};
    asm volatile("" : "+r"(first));  // or what follows from it takes 30 registers from the first piece of work on
    write_heads<D>((const float(&)[1][D / 8][4])sums, factors, results, first, count, to, row);
}

// KEYS keys of a walk, the first `count` of which are the walk's; query i sees those up to ahead + i.
struct Keys {
    int row, count, ahead;
};

// What a tile of queries walks through: first the shared prompt's keys, then the sequence's own.
template <int KEYS>
struct Walk {
    QueryTile t;
    int shared, steps;

    __device__ Walk(const QueryTile& t) : t(t), shared((t.sharedKeys + KEYS - 1) / KEYS) {
        steps = shared + (t.ahead + t.queries - t.sharedKeys + KEYS - 1) / KEYS;
    }

    __device__ Keys operator[](int step) const {
        if (step < shared) return {t.shared + step * KEYS, t.sharedKeys - step * KEYS, KEYS};
        int before = (step - shared) * KEYS, ahead = t.ahead - t.sharedKeys - before;
        return {t.own + before, ahead + t.queries, ahead};
    }
};

// Scores that rows `row` and `row` + 8 do not see become -infinity.
template <int N>
__device__ inline void hide(float (&s)[N], const Keys& keys, int row) {
    if (keys.count >= 2 * N && keys.ahead + (row & ~15) >= 2 * N - 1) return;  // the warp sees all
#pragma unroll
    for (int e = 0; e < 2; e++) {
        int last = min(keys.count - 1, keys.ahead + row + 8 * e) - threadIdx.x % 4 * 2;
#pragma unroll
        for (int j = 0; j < N / 4; j++) {
            if (8 * j > last) s[4 * j + 2 * e] = minus_infinity();
            if (8 * j + 1 > last) s[4 * j + 2 * e + 1] = minus_infinity();
        }
    }
}
