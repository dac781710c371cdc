// Forward of attention on Hopper: Shah et al. 2024 (arXiv:2407.08608), algorithm 2. One head of 64 queries for each
// consumer, against all keys they see, 128 at a time; tiles travel in the order k0, k1, v0, k2, v1 ... v(n-1).
//
// A consumer has products under way while it computes exponentials:
//
//   tensor cores  │ q k0ᵀ │      │ q k1ᵀ │ P0 v0 │ q k2ᵀ │ P1 v1 │ q k3ᵀ │ P2 v2 │ ...
//   other units           │  P0  │       │  P1   │       │  P2   │       │  P3   │
//
// This is the overlap within a warpgroup. The paper's other one, in which warpgroups take turns at the tensor cores,
// makes each wait for the other's word; here none needs to know of the others, and while one waits for its q k2ᵀ the
// others' products fill the gap.
#pragma once

#include "attention_hopper.cuh"

// What a thread knows of its two rows: the largest score so far, the sum of exp relative to it over its own columns,
// and what the last step made of sums before it.
struct RunningSoftmax {
    float largest[2] = {minus_infinity(), minus_infinity()}, sum[2] = {0, 0}, shrink[2];

    // Turns scores into exp(score - largest); c is scale · log2 e.
    template <int N>
    __device__ void step(float (&s)[N], float c) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
            float now = largest[e], part = 0;
#pragma unroll
            for (int j = 2 * e; j < N; j += 4) now = fmaxf(now, fmaxf(s[j], s[j + 1]));
            now = row_max(now);
#pragma unroll
            for (int j = 2 * e; j < N; j += 4) {
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

// Registers of a thread: q kᵀ takes 64, its rounded form 32, results D / 2, so that three consumers fit for D = 64,
// where exponentials take as long as products. The producer gives them what it does not need.
template <int D>
struct Forward {
    static const int KEYS = 128, CONSUMERS = D == 64 ? 3 : 2, QUERIES = 64 * CONSUMERS, STAGES = 512 / D;
    static const int PRODUCER_REGISTERS = D == 64 ? 32 : 40, CONSUMER_REGISTERS = D == 64 ? 160 : 232;

    // Shared memory: queries of this piece of work and the next, the ring, results, barriers.
    struct Shared : SharedMemory {
        static const int QUERY_BYTES = QUERIES * D * 2, TILE_BYTES = KEYS * D * 2;
        static const int RING = 2 * QUERY_BYTES, RESULTS = RING + STAGES * TILE_BYTES;
        static const int BARRIERS = RESULTS + QUERY_BYTES;

        __device__ Shared() {
            if (threadIdx.x == 0) {
                queries().init(1, 4 * CONSUMERS);
                tiles().init(1, 4 * CONSUMERS);
                barrier_init(landed(), 1);
                fence_async();
            }
            __syncthreads();
        }

        __device__ Ring<2, QUERY_BYTES> queries() const { return {first, first + BARRIERS}; }
        __device__ Ring<STAGES, TILE_BYTES> tiles() const { return {first + RING, first + BARRIERS + 32}; }
        __device__ unsigned landed() const { return first + BARRIERS + 32 + 16 * STAGES; }  // the producer's own
    };

    static __device__ void bring_tile(unsigned tile, const TensorMap& from, unsigned barrier, int group, int row) {
        if (threadIdx.x % 32 > 0) return;
        barrier_expect(barrier, Shared::TILE_BYTES);
        bring<D, KEYS>(tile, from, barrier, group, row);
    }

    // Rows behind the walk's last belong to other sequences, whose values may be infinite or not numbers. Scores with
    // such keys are replaced, whatever they are; such values are multiplied, by zero, which would not do: so they
    // become zero before a consumer sees them.
    static __device__ void bring_values(
        const Shared& to, const TensorMap& v, int group, const Keys& keys, unsigned turn, unsigned& cut) {
        unsigned tile = to.tiles().tile(turn), full = to.tiles().full(turn);
        bool whole = keys.count >= KEYS;
        bring_tile(tile, v, whole ? full : to.landed(), group, keys.row);
        if (whole) return;
        barrier_wait(to.landed(), cut++ & 1);
        clear_rows<D, KEYS>(tile, keys.count);
        if (threadIdx.x % 32 == 0) barrier_arrive(full);
    }

    static __device__ void produce(
        const Shared& to, const TensorMap& q, const TensorMap& k, const TensorMap& v, const QueryTile* list, int count,
        const Heads& h) {
        auto queries = to.queries();
        auto tiles = to.tiles();
        unsigned turn = 0, cut = 0;
        for (unsigned n = 0, work; (work = piece(n)) < count * h.heads; n++) {
            Walk<KEYS> walk(list[work / h.heads]);
            int head = work % h.heads, group = head / (h.heads / h.kvHeads);
            queries.wait_empty(n);
            if (threadIdx.x % 32 == 0) {
                barrier_expect(queries.full(n), Shared::QUERY_BYTES);
                bring<D, QUERIES>(queries.tile(n), q, queries.full(n), head, walk.t.query);
            }
            for (int step = 0; step <= walk.steps; step++) {
                if (step < walk.steps) {
                    tiles.wait_empty(turn);
                    bring_tile(tiles.tile(turn), k, tiles.full(turn), group, walk[step].row);
                    turn++;
                }
                if (step > 0) {
                    tiles.wait_empty(turn);
                    bring_values(to, v, group, walk[step - 1], turn, cut);
                    turn++;
                }
            }
        }
    }

    // out = Σ exp(score - largest) v over a walk. The warp's 16 queries begin at row `first` of the tile at `queries`;
    // its warpgroup's are the 64 to which they belong. Every row sees the first key, so `largest` is finite.
    static __device__ void attend(
        float (&out)[D / 2], RunningSoftmax& soft, const Shared& shared, unsigned& turn, unsigned queries,
        const Walk<KEYS>& walk, int first, float c) {
        auto tiles = shared.tiles();
        int row = first + threadIdx.x % 32 / 4;
        queries += first / 64 * 64 * TILE_ROW;
        float s[KEYS / 2];
        unsigned p[KEYS / 16][4];
        tiles.wait_full(turn);
        multiply_rows<D, QUERIES>(s, queries, tiles.tile(turn));
        wgmma_wait<0>();
        pin(s);
        tiles.release(turn++);
        hide(s, walk[0], row);
        soft.step(s, c);
        round_to(p, s);
        tiles.wait_full(turn);
        for (int step = 1; step < walk.steps; step++, turn += 2) {
            pin(out);
            pin(p);
            multiply_rows<D, QUERIES>(s, queries, tiles.tile(turn));
            tiles.wait_full(turn + 1);
            add_products(out, p, tiles.tile(turn + 1));
            wgmma_wait<1>();
            pin(s);
            tiles.release(turn);
            hide(s, walk[step], row);
            soft.step(s, c);
            pin(s);
            // Here, and not where the next tile is needed: within one stretch of code the assembler would move the
            // wait for values up before the exponentials, and nothing would overlap.
            tiles.wait_full(turn + 2);
            wgmma_wait<0>();
            pin(out);
            tiles.release(turn + 1);
#pragma unroll
            for (int i = 0; i < D / 2; i++) out[i] *= soft.shrink[i / 2 % 2];
            round_to(p, s);
        }
        pin(out);
        pin(p);
        add_products(out, p, tiles.tile(turn));
        wgmma_wait<0>();
        pin(out);
        tiles.release(turn++);
    }

    // y = out / sum and lse, of a warp's 16 queries from row `first` of a tile on.
    static __device__ void write(
        const float (&out)[D / 2], const RunningSoftmax& soft, const QueryTile& t, int head, const Heads& h, int first,
        char* results, bf16* y, float* lse) {
        int lane = threadIdx.x % 32;
        float factor[2];
#pragma unroll
        for (int e = 0; e < 2; e++) {
            int i = first + lane / 4 + 8 * e;
            float sum = row_sum(soft.sum[e]);
            factor[e] = 1 / sum;
            if (i < t.queries && lane % 4 == 0) {
                lse[(size_t)(t.query + i) * h.heads + head] = soft.largest[e] * h.scale + logf(sum);
            }
        }
        auto query = [&](int i) { return ((size_t)(t.query + i) * h.heads + head) * D; };
        write_rows<D>(out, factor, results, first, t.queries, y, query);
    }

    static __device__ void consume(
        const Shared& shared, const QueryTile* list, int count, const Heads& h, bf16* y, float* lse) {
        auto queries = shared.queries();
        int first = (threadIdx.x / 32 - 4) * 16;
        for (unsigned n = 0, turn = 0, work; (work = piece(n)) < count * h.heads; n++) {
            float out[D / 2] = {};
            RunningSoftmax soft;
            queries.wait_full(n);
            Walk<KEYS> walk(list[work / h.heads]);
            attend(out, soft, shared, turn, queries.tile(n), walk, first, h.scale * LOG2E);
            queries.release(n);
            write(out, soft, list[work / h.heads], work % h.heads, h, first, shared.at(Shared::RESULTS), y, lse);
        }
    }
};
