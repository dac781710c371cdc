// Matrix products of bf16 on Hopper: c (+)= alpha · op(a) op(b), all row-major, c f32 or bf16, k at least 1:
//
//   nt   c[M,N] = a[M,K] b[N,K]ᵀ        nn   c[M,N] = a[M,K] b[K,N]        tn   c[M,N] = a[K,M]ᵀ b[K,N]
//
// A block stays on its multiprocessor and computes tile after tile, 128 x 256 values of c each, over 64 k at a time.
// One warpgroup brings operands, two multiply them, 64 rows each. They meet in a ring of four stages:
//
//   producer, one thread                                     consumers, 2 x 128 threads
//
//   waits until stage s is empty                             wait until stage s is full
//   says that 48 KB will come  ───▶  stage s:           ───▶ start 4 products of 64 x 256 x 16
//   starts the copies                a 128 x 64              wait until those of stage s - 1 are over
//         ▲                          b 256 x 64              say that stage s - 1 is empty
//         └────────────────────────────────────────────────────────────┘
//
// Copies and products run by themselves: the last byte of a copy makes its stage full, and one step is multiplied while
// the next is started. The producer runs ahead by as many stages as are empty, into the next tile too, so that its
// operands travel while this one is written.
//
// A stage holds operands as they lie in memory: with k along rows as one tile of all rows, with k across rows as tiles
// of 64 k by 64 values (hopper.cuh); the tensor cores turn them. Every value of c is one sum in the order of k,
// whatever the number of blocks.

#include "hopper.cuh"
#include "values.cuh"
#include "write.cuh"

const int ROWS = 128, COLUMNS = 256, DEPTH = 64, STAGES = 4, GROUP = 16;
const int A_BYTES = ROWS * DEPTH * 2, STAGE_BYTES = (ROWS + COLUMNS) * DEPTH * 2, BLOCK_BYTES = 64 * DEPTH * 2;
const int CONSUMER_WARPS = 8, RESULT_BYTES = 16 * 64 * 4;

extern __shared__ char shared_memory[];

// Shared memory from the first multiple of 1024 on: the stages, 16 x 64 results of each consuming warp, barriers.
struct Ring {
    unsigned first;
    int stage = 0, parity = 0;

    __device__ Ring() : first((shared_address(shared_memory) + 1023) & ~1023) {}

    __device__ unsigned a() const { return first + stage * STAGE_BYTES; }
    __device__ unsigned b() const { return a() + A_BYTES; }
    __device__ float* results(int warp) const {
        return (float*)(shared_memory + (first - shared_address(shared_memory)) + STAGES * STAGE_BYTES +
                        warp * RESULT_BYTES);
    }
    __device__ unsigned full(int s) const {
        return first + STAGES * STAGE_BYTES + CONSUMER_WARPS * RESULT_BYTES + 16 * s;
    }
    __device__ unsigned empty(int s) const { return full(s) + 8; }

    __device__ void start() const {
        if (threadIdx.x == 0) {
            for (int s = 0; s < STAGES; s++) {
                barrier_init(full(s), 1);
                barrier_init(empty(s), CONSUMER_WARPS);
            }
            fence_async();
        }
        __syncthreads();
    }

    __device__ void next() {
        stage = stage + 1 < STAGES ? stage + 1 : 0;
        if (stage == 0) parity ^= 1;
    }
};

// Tiles go down GROUP rows of tiles, then to the next column: 132 blocks that run together share about 2048 rows of
// one operand and 2304 of the other in the second-level cache.
__device__ inline Tile tile_at(int index, int m, int n) {
    int down = (m + ROWS - 1) / ROWS, across = (n + COLUMNS - 1) / COLUMNS;
    int first = index / (GROUP * across) * GROUP, within = index - first * across;
    int height = min(GROUP, down - first);
    return {(first + within % height) * ROWS, within / height * COLUMNS};
}

__device__ inline int tiles(int m, int n) { return ((m + ROWS - 1) / ROWS) * ((n + COLUMNS - 1) / COLUMNS); }

template <bool K_LAST, int SIDE>
__device__ inline void bring(unsigned to, const TensorMap& from, unsigned barrier, int row, int k) {
    if (K_LAST) {
        tensor_load(to, from, barrier, k, row);
    } else {
#pragma unroll
        for (int i = 0; i < SIDE / 64; i++) tensor_load(to + i * BLOCK_BYTES, from, barrier, row + 64 * i, k);
    }
}

template <bool A_K_LAST, bool B_K_LAST>
__device__ inline void produce(Ring ring, const TensorMap& a, const TensorMap& b, int m, int n, int k) {
    for (int i = blockIdx.x; i < tiles(m, n); i += gridDim.x) {
        Tile tile = tile_at(i, m, n);
        for (int at = 0; at < k; at += DEPTH) {
            barrier_wait(ring.empty(ring.stage), ring.parity ^ 1);
            barrier_expect(ring.full(ring.stage), STAGE_BYTES);
            bring<A_K_LAST, ROWS>(ring.a(), a, ring.full(ring.stage), tile.row, at);
            bring<B_K_LAST, COLUMNS>(ring.b(), b, ring.full(ring.stage), tile.column, at);
            ring.next();
        }
    }
}

// This warp reads the stage no more.
__device__ inline void release(const Ring& ring, int stage) {
    if (threadIdx.x % 32 == 0) barrier_arrive(ring.empty(stage));
}

// sums = the product of 64 rows and 256 columns, group 0 or 1 of the rows of a tile.
template <bool A_K_LAST, bool B_K_LAST>
__device__ inline void consume(Ring& ring, int group, int k, float (&sums)[128]) {
    for (int at = 0; at < k; at += DEPTH) {
        barrier_wait(ring.full(ring.stage), ring.parity);
        unsigned long long a = operand(ring.a() + group * BLOCK_BYTES);
        unsigned long long b = operand(ring.b(), BLOCK_BYTES);
        wgmma_fence();
#pragma unroll
        for (int i = 0; i < DEPTH / 16; i++) {
            wgmma<A_K_LAST, B_K_LAST>(sums, next_k<A_K_LAST>(a, i), next_k<B_K_LAST>(b, i), true);
        }
        wgmma_commit();
        wgmma_wait<1>();
        if (at > 0) release(ring, (ring.stage + STAGES - 1) % STAGES);
        ring.next();
    }
    wgmma_wait<0>();
    pin(sums);
    release(ring, (ring.stage + STAGES - 1) % STAGES);
}

// Where the results of a warp lie, 16 rows of 64: piece p of a row, four floats. Neither the stores of fragments nor
// the loads of rows meet in a bank.
__device__ inline float* piece_at(float* results, int row, int p) {
    return results + row * 64 + ((p / 2 ^ (row & 3) ^ p % 2 << 2) + p % 2 * 8) * 4;
}

// Turns 16 x 64 of the sums of a warp, as fragments hold them, into those rows.
__device__ inline void keep_part(float* results, float alpha, const float* sums) {
    int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
    for (int j = 0; j < 8; j++) {
        const float* s = sums + 4 * j;
        *(float2*)(piece_at(results, g, 2 * j + t / 2) + t % 2 * 2) = make_float2(alpha * s[0], alpha * s[1]);
        *(float2*)(piece_at(results, g + 8, 2 * j + t / 2) + t % 2 * 2) = make_float2(alpha * s[2], alpha * s[3]);
    }
}

// c (+)= those rows, 16 bytes per lane: of 128 bytes or 256 of a row, neighbours write neighbours.
template <class T>
__device__ inline void write_part(float* results, T* c, int m, int n, bool add, int row, int column) {
    const int V = LANES<T>, ACROSS = 64 / V, DOWN = 32 / ACROSS, COUNT = 16 / DOWN;
    int lane = threadIdx.x % 32, first = lane / ACROSS, at = lane % ACROSS * V;
    row += first, column += at;
    if (column >= n) return;
    float old[COUNT][V] = {};
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        if (add && row + i * DOWN < m) load<V>(c + (size_t)(row + i * DOWN) * n + column, old[i]);
    }
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        float x[V];
#pragma unroll
        for (int e = 0; e < V; e += 4) {
            float4 q = *(const float4*)piece_at(results, i * DOWN + first, (at + e) / 4);
            const float* o = old[i] + e;
            x[e] = o[0] + q.x, x[e + 1] = o[1] + q.y, x[e + 2] = o[2] + q.z, x[e + 3] = o[3] + q.w;
        }
        if (row + i * DOWN < m) store<V>(x, c + (size_t)(row + i * DOWN) * n + column);
    }
}

// The same where rows of c do not begin at multiples of 16 bytes.
__device__ inline void write_values(
    float* results, void* c, int c_type, int m, int n, bool add, int row, int column) {
    for (int i = threadIdx.x % 32; i < 16 * 64; i += 32) {
        int r = i / 64, j = i % 64;
        float x = piece_at(results, r, j / 4)[j % 4];
        if (row + r < m && column + j < n) write_value(c, c_type, (size_t)(row + r) * n + column + j, add, x);
    }
}

// c (+)= alpha · sums, 64 columns at a time.
__device__ inline void write_sums(
    float* results, void* c, int c_type, int m, int n, float alpha, bool add, Tile tile, const float (&sums)[128]) {
    bool whole = n % (c_type == F32 ? 4 : 8) == 0 && aligned16(c);
#pragma unroll 1
    for (int part = 0; part < 4; part++) {
        __syncwarp();  // the part before has been read
#pragma unroll
        for (int p = 0; p < 4; p++) {  // sums are registers: their numbers are known here
            if (p == part) keep_part(results, alpha, sums + 32 * p);
        }
        __syncwarp();
        int column = tile.column + 64 * part;
        if (!whole) write_values(results, c, c_type, m, n, add, tile.row, column);
        else if (c_type == F32) write_part(results, (float*)c, m, n, add, tile.row, column);
        else write_part(results, (bf16*)c, m, n, add, tile.row, column);
    }
}

template <bool A_K_LAST, bool B_K_LAST>
__device__ inline void mat_mul_hopper(
    const TensorMap& a, const TensorMap& b, void* c, int c_type, int m, int n, int k, float alpha, int accumulate) {
    Ring ring;
    ring.start();
    if (threadIdx.x < 128) {
        give_registers<40>();
        if (threadIdx.x == 0) produce<A_K_LAST, B_K_LAST>(ring, a, b, m, n, k);
    } else {
        take_registers<232>();
        int warp = threadIdx.x / 32 - 4;
        for (int i = blockIdx.x; i < tiles(m, n); i += gridDim.x) {
            Tile tile = tile_at(i, m, n);
            float sums[128] = {};
            consume<A_K_LAST, B_K_LAST>(ring, warp / 4, k, sums);
            tile.row += 16 * warp;
            write_sums(ring.results(warp), c, c_type, m, n, alpha, accumulate, tile, sums);
        }
    }
}

#define MAT_MUL_HOPPER(form, a_k_last, b_k_last)                                                                   \
    extern "C" __global__ void __launch_bounds__(384, 1) mat_mul_##form##_bf16_hopper(                             \
        const __grid_constant__ TensorMap a, const __grid_constant__ TensorMap b, void* c, int c_type, int m,      \
        int n, int k, float alpha, int accumulate) {                                                               \
        mat_mul_hopper<a_k_last, b_k_last>(a, b, c, c_type, m, n, k, alpha, accumulate);                           \
    }

MAT_MUL_HOPPER(nt, true, true)
MAT_MUL_HOPPER(nn, true, false)
MAT_MUL_HOPPER(tn, false, false)
