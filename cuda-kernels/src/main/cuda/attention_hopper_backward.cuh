// Backward of attention on Hopper: Dao 2023 (arXiv:2307.08691), algorithm 2, as two kernels, so that every gradient is
// summed in one order.
//
//   P = exp(scale · q kᵀ - lse)     dS = P (dy vᵀ - delta)     dq = scale · dS k     dk = scale · dSᵀ q     dv = Pᵀ dy
//
// In both a block keeps two tiles (q and dy, or k and v), which its consumers share, 64 rows each, and pairs of the
// others travel past them through a ring. Rows of a pair that are not the sequence's become zero on arrival: products
// with them are to be zero, whatever their values are.
#pragma once

#include "attention_hopper.cuh"

const int BACKWARD_CONSUMERS = 2, BACKWARD_ROWS = 64 * BACKWARD_CONSUMERS, BACKWARD_STAGES = 3;
const int BACKWARD_PRODUCER_REGISTERS = 40, BACKWARD_CONSUMER_REGISTERS = 232;

// Shared memory: two tiles that stay, the ring of pairs of tiles of ROWS rows, results, two numbers for each row of a
// pair and two for all, barriers.
template <int D, int ROWS>
struct Pairs : SharedMemory {
    static const int STAY_BYTES = BACKWARD_ROWS * D * 2, TILE_BYTES = ROWS * D * 2;
    static const int RING = 2 * STAY_BYTES, RESULTS = RING + BACKWARD_STAGES * 2 * TILE_BYTES;
    static const int NUMBERS = RESULTS + STAY_BYTES, BARRIERS = NUMBERS + BACKWARD_STAGES * (ROWS + 1) * 8;

    // `arrivals` end a phase of a pair that travels.
    __device__ Pairs(int arrivals) {
        if (threadIdx.x == 0) {
            stay().init(1, 4 * BACKWARD_CONSUMERS);
            ring().init(arrivals, 4 * BACKWARD_CONSUMERS);
            barrier_init(landed(), 1);
            fence_async();
        }
        __syncthreads();
    }

    __device__ Ring<1, 2 * STAY_BYTES> stay() const { return {first, first + BARRIERS}; }
    __device__ Ring<BACKWARD_STAGES, 2 * TILE_BYTES> ring() const { return {first + RING, first + BARRIERS + 16}; }
    __device__ unsigned landed() const { return first + BARRIERS + 16 + 16 * BACKWARD_STAGES; }  // the producer's own
    __device__ float2* numbers(unsigned turn) const {
        return (float2*)at(NUMBERS) + turn % BACKWARD_STAGES * (ROWS + 1);
    }

    // A warp brings rows of a head of two tensors as pair `turn`, which is empty; the first `count` of them exist.
    __device__ void bring_pair(
        const TensorMap& a, const TensorMap& b, int head, int row, int count, unsigned turn, unsigned& cut) const {
        unsigned tile = ring().tile(turn), full = ring().full(turn);
        bool whole = count >= ROWS, asks = threadIdx.x % 32 == 0;
        if (asks) bring_both<ROWS>(tile, a, b, whole ? full : landed(), head, row);
        if (whole) return;
        barrier_wait(landed(), cut++ & 1);
        clear_rows<D, ROWS>(tile, count);
        clear_rows<D, ROWS>(tile + TILE_BYTES, count);
        if (asks) barrier_arrive(full);
    }

    template <int COUNT>
    static __device__ void bring_both(
        unsigned tile, const TensorMap& a, const TensorMap& b, unsigned barrier, int head, int row) {
        barrier_expect(barrier, 2 * COUNT * D * 2);
        bring<D, COUNT>(tile, a, barrier, head, row);
        bring<D, COUNT>(tile + COUNT * D * 2, b, barrier, head, row);
    }
};

// The first kernel: 128 queries of one head, past which keys and values travel.
template <int D>
struct BackwardQ {
    static const int KEYS = 8192 / D;
    typedef Pairs<D, KEYS> Shared;

    static __device__ void produce(
        const Shared& shared, const TensorMap& dy, const TensorMap& q, const TensorMap& k, const TensorMap& v,
        const QueryTile* tiles, int count, const Heads& h) {
        unsigned turn = 0, cut = 0;
        for (unsigned n = 0, work; (work = piece(n)) < count * h.heads; n++) {
            Walk<KEYS> walk(tiles[work / h.heads]);
            int head = work % h.heads, group = head / (h.heads / h.kvHeads);
            auto stay = shared.stay();
            stay.wait_empty(n);
            if (threadIdx.x % 32 == 0) {
                Shared::template bring_both<BACKWARD_ROWS>(stay.tile(n), q, dy, stay.full(n), head, walk.t.query);
            }
            for (int step = 0; step < walk.steps; step++, turn++) {
                Keys keys = walk[step];
                shared.ring().wait_empty(turn);
                shared.bring_pair(k, v, group, keys.row, keys.count, turn, cut);
            }
        }
    }

    // lse · log2 e and delta of two rows.
    struct Row {
        float lse[2], delta[2];
    };

    // s = dS, from scores s and dp = dy vᵀ; c is scale · log2 e.
    static __device__ void slopes(
        float (&s)[KEYS / 2], const float (&dp)[KEYS / 2], const Keys& keys, int row, const Row& r, float c) {
        hide(s, keys, row);
#pragma unroll
        for (int j = 0; j < KEYS / 2; j++) {
            int e = j / 2 % 2;
            s[j] = exp2_of(fmaf(s[j], c, -r.lse[e])) * (dp[j] - r.delta[e]);
        }
    }

    // dq = Σ dS k over a walk; the products with the next keys are under way while those with dS are.
    static __device__ void sum(
        float (&dq)[D / 2], const Shared& shared, unsigned& turn, unsigned queries, const Walk<KEYS>& walk, int first,
        const Row& r, float c) {
        auto ring = shared.ring();
        int row = first + threadIdx.x % 32 / 4;
        queries += first / 64 * 64 * TILE_ROW;
        float s[KEYS / 2], dp[KEYS / 2];
        unsigned ds[KEYS / 16][4];
        ring.wait_full(turn);
        multiply_rows<D, BACKWARD_ROWS>(s, queries, ring.tile(turn));
        multiply_rows<D, BACKWARD_ROWS>(dp, queries + Shared::STAY_BYTES, ring.tile(turn) + Shared::TILE_BYTES);
        wgmma_wait<0>();
        pin(s);
        pin(dp);
        slopes(s, dp, walk[0], row, r, c);
        round_to(ds, s);
        if (walk.steps > 1) ring.wait_full(turn + 1);
        for (int step = 1; step < walk.steps; step++, turn++) {
            unsigned next = ring.tile(turn + 1);
            pin(dq);
            pin(ds);
            multiply_rows<D, BACKWARD_ROWS>(s, queries, next);
            multiply_rows<D, BACKWARD_ROWS>(dp, queries + Shared::STAY_BYTES, next + Shared::TILE_BYTES);
            add_products(dq, ds, ring.tile(turn));
            wgmma_wait<1>();
            pin(s);
            pin(dp);
            slopes(s, dp, walk[step], row, r, c);
            pin(s);
            if (step + 1 < walk.steps) ring.wait_full(turn + 2);  // here for the same reason as in the forward pass
            wgmma_wait<0>();
            pin(dq);
            ring.release(turn);
            round_to(ds, s);
        }
        pin(dq);
        pin(ds);
        add_products(dq, ds, ring.tile(turn));
        wgmma_wait<0>();
        pin(dq);
        ring.release(turn++);
    }

    static __device__ void consume(
        const Shared& shared, const float* lse, const float* delta, const QueryTile* tiles, int count, const Heads& h,
        bf16* dq) {
        int first = (threadIdx.x / 32 - 4) * 16, lane = threadIdx.x % 32;
        for (unsigned n = 0, turn = 0, work; (work = piece(n)) < count * h.heads; n++) {
            QueryTile t = tiles[work / h.heads];
            int head = work % h.heads;
            float sums[D / 2] = {}, factor[2] = {h.scale, h.scale};
            Row r;
#pragma unroll
            for (int e = 0; e < 2; e++) {
                int i = first + lane / 4 + 8 * e;
                size_t at = (size_t)(t.query + i) * h.heads + head;
                r.lse[e] = i < t.queries ? lse[at] * LOG2E : 0;
                r.delta[e] = i < t.queries ? delta[at] : 0;
            }
            shared.stay().wait_full(n);
            sum(sums, shared, turn, shared.stay().tile(n), Walk<KEYS>(t), first, r, h.scale * LOG2E);
            shared.stay().release(n);
            auto query = [&](int i) { return ((size_t)(t.query + i) * h.heads + head) * D; };
            write_rows<D>(sums, factor, shared.at(Shared::RESULTS), first, t.queries, dq, query);
        }
    }
};

// The second: 128 keys and values of one key head, past which the queries of every head that reads them travel.
template <int D>
struct BackwardKv {
    static const int QUERIES = 64;
    typedef Pairs<D, QUERIES> Shared;

    // What a tile of keys walks through in one source: blocks of queries, of each those of every head.
    struct Turns {
        Source from;
        int begin, perGroup, count;

        __device__ Turns(const Source& from, int perGroup)
            : from(from), begin(max(0, -from.ahead) / QUERIES * QUERIES), perGroup(perGroup) {
            count = max(0, (from.queries - begin + QUERIES - 1) / QUERIES * perGroup);
        }

        __device__ int query(int turn) const { return begin + turn / perGroup * QUERIES; }
    };

    static __device__ void produce(
        const Shared& shared, const TensorMap& dy, const float* lse, const float* delta, const TensorMap& q,
        const TensorMap& k, const TensorMap& v, const KeyTile* tiles, const Source* sources, int count,
        const Heads& h) {
        unsigned turn = 0, cut = 0;
        for (unsigned n = 0, work; (work = piece(n)) < count * h.kvHeads; n++) {
            KeyTile t = tiles[work / h.kvHeads];
            int group = work % h.kvHeads;
            auto stay = shared.stay();
            stay.wait_empty(n);
            if (threadIdx.x % 32 == 0) {
                Shared::template bring_both<BACKWARD_ROWS>(stay.tile(n), k, v, stay.full(n), group, t.key);
            }
            for (int part = t.first; part < t.end; part++) {
                Turns turns(sources[part], h.heads / h.kvHeads);
                for (int i = 0; i < turns.count; i++, turn++) {
                    int query = turns.query(i), head = group * turns.perGroup + i % turns.perGroup;
                    int there = turns.from.queries - query, row = turns.from.query + query;
                    shared.ring().wait_empty(turn);
                    shared.bring_pair(q, dy, head, row, there, turn, cut);
                    bring_numbers(
                        shared.numbers(turn), lse, delta, row, head, h.heads, there, turns.from.ahead + query);
                    if (threadIdx.x % 32 == 0) barrier_arrive(shared.ring().full(turn));
                }
            }
        }
    }

    // lse · log2 e and delta of each query, and behind them `ahead`: the first query sees keys up to there. For
    // queries that are not there exp(s - infinity) = 0.
    static __device__ void bring_numbers(
        float2* to, const float* lse, const float* delta, int row, int head, int heads, int there, int ahead) {
#pragma unroll
        for (int i = threadIdx.x % 32; i < QUERIES; i += 32) {
            size_t at = (size_t)(row + i) * heads + head;
            to[i] = i < there ? make_float2(lse[at] * LOG2E, delta[at]) : make_float2(-minus_infinity(), 0);
        }
        if (threadIdx.x % 32 == 0) to[QUERIES].x = __int_as_float(ahead);
        __syncwarp();
    }

    // s = P, transposed, from scores. Row r sees queries from r - ahead on.
    static __device__ void weights(float (&s)[QUERIES / 2], const float2* numbers, int row, float c) {
        int t = threadIdx.x % 4, ahead = __float_as_int(numbers[QUERIES].x);
        bool hidden = ahead < (row | 15);  // some query from some row of the warp
#pragma unroll
        for (int j = 0; j < QUERIES / 2; j++) {
            int i = j / 4 * 8 + 2 * t + j % 2;
            s[j] = exp2_of(fmaf(s[j], c, -numbers[i].x));
            if (hidden && row + j / 2 % 2 * 8 > ahead + i) s[j] = 0;
        }
    }

    // dp = dS, transposed, from dp = v dyᵀ.
    static __device__ void slopes(float (&dp)[QUERIES / 2], const float (&p)[QUERIES / 2], const float2* numbers) {
#pragma unroll
        for (int j = 0; j < QUERIES / 2; j++) {
            dp[j] = p[j] * (dp[j] - numbers[j / 4 * 8 + threadIdx.x % 4 * 2 + j % 2].y);
        }
    }

    // dk += dSᵀ q and dv += Pᵀ dy, of one pair. P is computed while v dyᵀ is, dS while Pᵀ dy is.
    static __device__ void add(
        float (&dk)[D / 2], float (&dv)[D / 2], const Shared& shared, unsigned turn, unsigned keys, int row, float c) {
        auto ring = shared.ring();
        float s[QUERIES / 2], dp[QUERIES / 2];
        unsigned p[QUERIES / 16][4], ds[QUERIES / 16][4];
        unsigned queries = ring.tile(turn), dys = queries + Shared::TILE_BYTES;
        ring.wait_full(turn);
        multiply_rows<D, BACKWARD_ROWS>(s, keys, queries);
        multiply_rows<D, BACKWARD_ROWS>(dp, keys + Shared::STAY_BYTES, dys);
        wgmma_wait<1>();
        pin(s);
        weights(s, shared.numbers(turn), row, c);
        round_to(p, s);
        pin(p);
        add_products(dv, p, dys);
        wgmma_wait<1>();
        pin(dp);
        slopes(dp, s, shared.numbers(turn));
        round_to(ds, dp);
        pin(ds);
        add_products(dk, ds, queries);
        wgmma_wait<0>();
        pin(dv);
        pin(dk);
        __syncwarp();  // all lanes have read their numbers
        ring.release(turn);
    }

    static __device__ void consume(
        const Shared& shared, const KeyTile* tiles, const Source* sources, int count, const Heads& h, bf16* dk,
        bf16* dv) {
        int first = (threadIdx.x / 32 - 4) * 16, row = first + threadIdx.x % 32 / 4;
        float c = h.scale * LOG2E;
        for (unsigned n = 0, turn = 0, work; (work = piece(n)) < count * h.kvHeads; n++) {
            KeyTile t = tiles[work / h.kvHeads];
            unsigned keys = shared.stay().tile(n) + first / 64 * 64 * TILE_ROW;
            float dks[D / 2] = {}, dvs[D / 2] = {};
            shared.stay().wait_full(n);
            int left = 0;
            for (int i = t.first; i < t.end; i++) left += Turns(sources[i], h.heads / h.kvHeads).count;
            pin(dks);
            pin(dvs);
            for (; left > 0; left--, turn++) add(dks, dvs, shared, turn, keys, row, c);
            shared.stay().release(n);
            float one[2] = {1, 1}, scale[2] = {h.scale, h.scale};
            auto key = [&](int j) { return ((size_t)(t.key + j) * h.kvHeads + work % h.kvHeads) * D; };
            write_rows<D>(dks, scale, shared.at(Shared::RESULTS), first, t.keys, dk, key);
            write_rows<D>(dvs, one, shared.at(Shared::RESULTS), first, t.keys, dv, key);
        }
    }
};
