// Causal grouped-query attention over packed sequences on Hopper, forward, for bf16 heads of 64 and 128:
//
//   P = softmax(scale · q kᵀ + causal)     y = P v     lse = log Σ exp(scale · q kᵀ + causal)
//
// Shah et al. 2024 (arXiv:2407.08608), algorithm 2. A block stays on its multiprocessor and takes one piece of work
// after the other, those with most keys first: one head of 64 queries for each consuming warpgroup, against all keys
// they see, 128 at a time.
//
//                     waits for empty[s]                                   waits for full[s]
//   producer ─────────────────────────────▶ ring of tiles of 128 keys    ──────────────────▶ consumers
//   (1 warp)   expects a tile at full[s],   or values, in the order          multiplies with it,
//      ▲       starts its copies            k0 k1 v0 k2 v1 ... v(n-1)        arrives at empty[s]    │
//      └────────────────────────────────────────────────────────────────────────────────────────────┘
//
// A consumer has products under way while it computes exponentials:
//
//   tensor cores  │ q k0ᵀ │      │ q k1ᵀ │ P0 v0 │ q k2ᵀ │ P1 v1 │ q k3ᵀ │ P2 v2 │ ...
//   other units           │  P0  │       │  P1   │       │  P2   │       │  P3   │
//
// This is the overlap within a warpgroup. The paper's other one, in which warpgroups take turns at the tensor cores,
// makes each wait for the other's word; here none needs to know of the others, and the gap in front of P1 v1, while a
// warpgroup waits for q k2ᵀ alone, is filled by the products of the others. The producer is up to a ring ahead, also
// into the next piece of work.
//
// Exponentials are computed in base 2, of scores that are multiplied by scale · log2 e on the way.

#include "attention_hopper.cuh"

const int KEYS = 128;

// Registers of a thread: a product of 64 x 128 takes 64, its rounded form 32, results D / 2; the producer's few are
// given to the consumers. Three consumers fit for D = 64, where exponentials take as long as products.
template <int D>
struct Plan;

template <>
struct Plan<64> {
    static const int CONSUMERS = 3, STAGES = 8, PRODUCER_REGISTERS = 32, CONSUMER_REGISTERS = 160;
};

template <>
struct Plan<128> {
    static const int CONSUMERS = 2, STAGES = 4, PRODUCER_REGISTERS = 40, CONSUMER_REGISTERS = 232;
};

// Shared memory from the first multiple of 1024 on: queries of this piece of work and the next, the ring, results,
// barriers.
template <int D>
struct Shared {
    static const int QUERIES = 64 * Plan<D>::CONSUMERS, STAGES = Plan<D>::STAGES;
    static const int QUERY_BYTES = QUERIES * D * 2, TILE_BYTES = KEYS * D * 2;
    static const int RING = 2 * QUERY_BYTES, RESULTS = RING + STAGES * TILE_BYTES, BARRIERS = RESULTS + QUERY_BYTES;
    unsigned first;

    __device__ Shared() : first((shared_address(shared_memory) + 1023) & ~1023) {
        if (threadIdx.x == 0) {
            queries().init(4 * Plan<D>::CONSUMERS);
            tiles().init(4 * Plan<D>::CONSUMERS);
            barrier_init(landed(), 1);
            fence_async();
        }
        __syncthreads();
    }

    __device__ Ring<2, QUERY_BYTES> queries() const { return {first, first + BARRIERS}; }
    __device__ Ring<STAGES, TILE_BYTES> tiles() const { return {first + RING, first + BARRIERS + 32}; }
    __device__ unsigned landed() const { return first + BARRIERS + 32 + 16 * STAGES; }  // the producer's own
    __device__ char* results() const {
        return (char*)shared_memory + (first - shared_address(shared_memory)) + RESULTS;
    }
};

// The warp that brings tiles.
template <int D>
struct Producer {
    const Shared<D>& to;
    unsigned turn = 0, cut = 0;
    bool asks = threadIdx.x % 32 == 0;

    __device__ void bring_keys(const TensorMap& k, int group, const Keys& keys) {
        to.tiles().wait_empty(turn);
        if (asks) bring<D, KEYS>(to.tiles().tile(turn), k, to.tiles().full(turn), group, keys.row);
        turn++;
    }

    // Rows behind the walk's last belong to other sequences, whose values may be infinite or not numbers. Scores with
    // such keys are replaced, whatever they are; such values are multiplied, by zero, which would not do: so they
    // become zero before a consumer sees them.
    __device__ void bring_values(const TensorMap& v, int group, const Keys& keys) {
        to.tiles().wait_empty(turn);
        unsigned tile = to.tiles().tile(turn), full = to.tiles().full(turn);
        bool whole = keys.count >= KEYS;
        if (asks) bring<D, KEYS>(tile, v, whole ? full : to.landed(), group, keys.row);
        if (!whole) {
            barrier_wait(to.landed(), cut++ & 1);
            clear_rows<D, KEYS>(tile, keys.count);
            if (asks) barrier_arrive(full);
        }
        turn++;
    }
};

template <int D>
__device__ inline void produce(
    const Shared<D>& shared, const TensorMap& q, const TensorMap& k, const TensorMap& v, const QueryTile* tiles,
    int count, Heads h) {
    Producer<D> to{shared};
    for (unsigned work = blockIdx.x, n = 0; work < count * h.heads; work += gridDim.x, n++) {
        Walk<KEYS> walk(tiles[work / h.heads]);
        int head = work % h.heads, group = head / (h.heads / h.kvHeads);
        auto queries = shared.queries();
        queries.wait_empty(n);
        if (to.asks) bring<D, Shared<D>::QUERIES>(queries.tile(n), q, queries.full(n), head, walk.t.query);
        for (int step = 0; step <= walk.steps; step++) {
            if (step < walk.steps) to.bring_keys(k, group, walk[step]);
            if (step > 0) to.bring_values(v, group, walk[step - 1]);
        }
    }
}

// Scores that rows `row` and `row` + 8 do not see become -infinity. Every row sees the first key of the first tile.
__device__ inline void hide(float (&s)[KEYS / 2], const Keys& keys, int row) {
    if (keys.count >= KEYS && keys.ahead + (row & ~15) >= KEYS - 1) return;  // the warp sees all
#pragma unroll
    for (int e = 0; e < 2; e++) {
        int last = min(keys.count - 1, keys.ahead + row + 8 * e) - threadIdx.x % 4 * 2;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++) {
            if (8 * j > last) s[4 * j + 2 * e] = minus_infinity();
            if (8 * j + 1 > last) s[4 * j + 2 * e + 1] = minus_infinity();
        }
    }
}

// What a thread knows of its two rows: the largest score so far, the sum of exp relative to it over its own columns,
// and what the last step made of sums before it.
struct Softmax {
    float largest[2] = {minus_infinity(), minus_infinity()}, sum[2] = {0, 0}, shrink[2];

    // Turns scores into exp(score - largest); c is scale · log2 e.
    __device__ void step(float (&s)[KEYS / 2], float c) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
            float now = largest[e], part = 0;
#pragma unroll
            for (int j = 2 * e; j < KEYS / 2; j += 4) now = fmaxf(now, fmaxf(s[j], s[j + 1]));
            now = row_max(now);
#pragma unroll
            for (int j = 2 * e; j < KEYS / 2; j += 4) {
                s[j] = exp2_of(fmaf(s[j], c, -now * c));
                s[j + 1] = exp2_of(fmaf(s[j + 1], c, -now * c));
                part += s[j] + s[j + 1];
            }
            shrink[e] = exp2_of((largest[e] - now) * c);
            sum[e] = fmaf(sum[e], shrink[e], part);
            largest[e] = now;
        }
    }
};

// out = Σ exp(score - largest) v over a walk, for the warpgroup of those 64 rows of `queries` to which the warp's
// 16 from row `first` on belong.
template <int D>
__device__ inline void attend(
    float (&out)[D / 2], Softmax& soft, const Shared<D>& shared, unsigned& turn, unsigned queries,
    const Walk<KEYS>& walk, int first, float c) {
    int row = first + threadIdx.x % 32 / 4;
    queries += first / 64 * 64 * TILE_ROW;
    auto tiles = shared.tiles();
    float s[KEYS / 2];
    unsigned p[KEYS / 16][4];
    tiles.wait_full(turn);
    multiply_rows<D, Shared<D>::QUERIES>(s, queries, tiles.tile(turn));
    wgmma_wait<0>();
    pin(s);
    tiles.release(turn++);
    hide(s, walk[0], row);
    soft.step(s, c);
    for (int step = 1;; step++, turn += 2) {
        // The end of a turn of the loop lies between exponentials and this wait for values: in one stretch of code
        // the assembler moves the wait up, and nothing overlaps.
        wgmma_wait<0>();
        pin(out);
        if (step > 1) tiles.release(turn - 1);
#pragma unroll
        for (int i = 0; i < D / 2; i++) out[i] *= soft.shrink[i / 2 % 2];
        round_to(p, s);
        pin(out);
        pin(p);
        if (step == walk.steps) break;
        tiles.wait_full(turn);
        multiply_rows<D, Shared<D>::QUERIES>(s, queries, tiles.tile(turn));
        tiles.wait_full(turn + 1);
        add_products(out, p, tiles.tile(turn + 1));
        wgmma_wait<1>();
        pin(s);
        tiles.release(turn);
        hide(s, walk[step], row);
        soft.step(s, c);
        pin(s);
    }
    tiles.wait_full(turn);
    add_products(out, p, tiles.tile(turn));
    wgmma_wait<0>();
    pin(out);
    tiles.release(turn++);
}

// y = out / sum and lse, of a warp's 16 queries from row `first` of the tile on.
template <int D>
__device__ inline void write(
    const float (&out)[D / 2], const Softmax& soft, const QueryTile& t, int head, const Heads& h, int first, char* tile,
    bf16* y, float* lse) {
    int lane = threadIdx.x % 32;
    float factor[1][2];
    asm volatile("" : "+r"(first));  // addresses that follow from it would take 30 registers throughout the loop
#pragma unroll
    for (int e = 0; e < 2; e++) {
        int i = first + lane / 4 + 8 * e;
        float sum = row_sum(soft.sum[e]);
        factor[0][e] = 1 / sum;
        if (i < t.queries && lane % 4 == 0) {
            lse[(size_t)(t.query + i) * h.heads + head] = soft.largest[e] * h.scale + logf(sum);
        }
    }
    auto query = [&](int i) { return ((size_t)(t.query + i) * h.heads + head) * D; };
    write_heads<D>((const float(&)[1][D / 8][4])out, factor, tile, first, t.queries, y, query);
}

template <int D>
__device__ inline void consume(
    const Shared<D>& shared, const QueryTile* tiles, int count, const Heads& h, bf16* y, float* lse) {
    int first = (threadIdx.x / 32 - 4) * 16;
    for (unsigned work = blockIdx.x, n = 0, turn = 0; work < count * h.heads; work += gridDim.x, n++) {
        float out[D / 2] = {};
        Softmax soft;
        auto queries = shared.queries();
        queries.wait_full(n);
        attend<D>(out, soft, shared, turn, queries.tile(n), Walk<KEYS>(tiles[work / h.heads]), first, h.scale * LOG2E);
        queries.release(n);
        write<D>(out, soft, tiles[work / h.heads], work % h.heads, h, first, shared.results(), y, lse);
    }
}

#define ATTENTION_HOPPER(D)                                                                                        \
    extern "C" __global__ void __launch_bounds__(128 * (Plan<D>::CONSUMERS + 1), 1)                                \
        attention_forward_hopper_bf16_d##D(                                                                        \
            const __grid_constant__ TensorMap q, const __grid_constant__ TensorMap k,                              \
            const __grid_constant__ TensorMap v, const QueryTile* tiles, int count, int heads, int kvHeads,        \
            float scale, bf16* y, float* lse) {                                                                    \
        Shared<D> shared;                                                                                          \
        if (threadIdx.x < 128) {                                                                                   \
            give_registers<Plan<D>::PRODUCER_REGISTERS>();                                                         \
            if (threadIdx.x < 32) produce<D>(shared, q, k, v, tiles, count, {heads, kvHeads, D, scale});           \
        } else {                                                                                                   \
            take_registers<Plan<D>::CONSUMER_REGISTERS>();                                                         \
            consume<D>(shared, tiles, count, {heads, kvHeads, D, scale}, y, lse);                                  \
        }                                                                                                          \
    }

ATTENTION_HOPPER(64)
ATTENTION_HOPPER(128)
