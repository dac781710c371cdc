// Backward of attention on tensor cores: Dao 2023 (arXiv:2307.08691), algorithm 2, as two kernels, so that every
// gradient is summed in one order.
//
//   P = exp(scale · q kᵀ - lse)     dS = P (dy vᵀ - delta)     dq = scale · dS k     dk = scale · dSᵀ q     dv = Pᵀ dy
#pragma once

#include "attention_mma.cuh"

// The first: 64 · M queries of one head per block; keys and values in blocks of 4096 / D, the next pair travels
// meanwhile.
template <int D, int M>
__device__ inline void attention_mma_backward_q(
    const bf16* dy, const float* lse, const float* delta, const bf16* q, const bf16* k, const bf16* v,
    const QueryTile* tiles, Heads h, bf16* dq) {
    const int QUERIES = 64 * M, KEYS = 4096 / D, N = KEYS / 8, PAIR = 2 * KEYS * D * 2;
    QueryTile t = tiles[blockIdx.x];
    int head = blockIdx.y, group = head / (h.heads / h.kvHeads);
    int lane = threadIdx.x % 32, first = threadIdx.x / 32 * 16 * M;
    unsigned qs = shared_address(shared_memory), dys = qs + QUERIES * D * 2, pairs = dys + QUERIES * D * 2;
    auto query = [&](int i) { return ((size_t)(t.query + i) * h.heads + head) * D; };
    int begin = t.begin();
    auto copy_keys = [&](int j0, int stage) {
        auto key = [&](int j) { return ((size_t)key_row(t, j0 + j) * h.kvHeads + group) * D; };
        copy_rows<D, KEYS>(pairs + stage * PAIR, k, t.end - j0, key);
        copy_rows<D, KEYS>(pairs + stage * PAIR + PAIR / 2, v, t.end - j0, key);
        commit_copies();
    };
    copy_rows<D, QUERIES>(qs, q, t.queries, query);
    copy_rows<D, QUERIES>(dys, dy, t.queries, query);
    copy_keys(begin, 0);
    float l[M][2], del[M][2], factor[M][2], out[M][D / 8][4] = {};
#pragma unroll
    for (int n = 0; n < 2 * M; n++) {
        int i = first + n / 2 * 16 + n % 2 * 8 + lane / 4;
        size_t row = (size_t)(t.query + i) * h.heads + head;
        l[n / 2][n % 2] = i < t.queries ? lse[row] * LOG2E : 0;
        del[n / 2][n % 2] = i < t.queries ? delta[row] : 0;
        factor[n / 2][n % 2] = h.scale;
    }
    float c = h.scale * LOG2E;
    for (int j0 = begin, stage = 0; j0 < t.end; j0 += KEYS, stage ^= 1) {
        wait_for_copies<0>();
        __syncthreads();  // this pair is there, and the other one has been read
        if (j0 + KEYS < t.end) copy_keys(j0 + KEYS, stage ^ 1);
        if (j0 > t.ahead + first + 16 * M - 1 || j0 + KEYS <= t.behind + first || first >= t.queries) continue;
        unsigned ks = pairs + stage * PAIR, vs = ks + PAIR / 2;
        float s[M][N][4], dp[M][N][4];
        scores<D>(s, qs, first, ks);
        scores<D>(dp, dys, first, vs);
#pragma unroll
        for (int n = 0; n < 2 * M; n++) {
            int row = first + n / 2 * 16 + n % 2 * 8 + lane / 4, column = j0 + lane % 4 * 2;
            int from = t.behind + row - column, last = min(t.ahead + row, t.end - 1) - column;
#pragma unroll
            for (int j = 0; j < N; j++) {
#pragma unroll
                for (int e = 0; e < 2; e++) {
                    int x = n % 2 * 2 + e, key = 8 * j + e;
                    float p = exp2_of(fmaf(s[n / 2][j][x], c, -l[n / 2][n % 2]));
                    p = key >= from && key <= last ? p : 0;
                    s[n / 2][j][x] = p * (dp[n / 2][j][x] - del[n / 2][n % 2]);
                }
            }
        }
        add_rows<D>(out, s, ks);
    }
    write_heads<D>(out, factor, (char*)shared_memory, first, t.queries, dq, query);
}

// The second: 64 · M keys of one key head per block; queries in blocks of 32 of every head that reads them, the
// next block travels meanwhile. Products are those of the first, transposed.
template <int D, int M>
__device__ inline void attention_mma_backward_kv(
    const bf16* dy, const float* lse, const float* delta, const bf16* q, const bf16* k, const bf16* v,
    const KeyTile* tiles, const Source* sources, Heads h, bf16* dk, bf16* dv) {
    const int KEYS = 64 * M, QUERIES = 32, N = QUERIES / 8, PAIR = 2 * QUERIES * D * 2;
    __shared__ float l[2][QUERIES], del[2][QUERIES];
    KeyTile t = tiles[blockIdx.x];
    int group = blockIdx.y, perGroup = h.heads / h.kvHeads;
    int lane = threadIdx.x % 32, first = threadIdx.x / 32 * 16 * M;
    unsigned ks = shared_address(shared_memory), vs = ks + KEYS * D * 2, pairs = vs + KEYS * D * 2;
    auto key = [&](int j) { return ((size_t)(t.key + j) * h.kvHeads + group) * D; };
    copy_rows<D, KEYS>(ks, k, t.keys, key);
    copy_rows<D, KEYS>(vs, v, t.keys, key);
    commit_copies();  // also where no query follows
    float dks[M][D / 8][4] = {}, dvs[M][D / 8][4] = {};
    float c = h.scale * LOG2E;
    for (int part = t.first; part < t.end; part++) {
        Source from = sources[part];
        int begin = max(0, -from.ahead) / QUERIES * QUERIES;
        int turns = (from.queries - begin + QUERIES - 1) / QUERIES * perGroup;
        auto copy_queries = [&](int turn) {
            int i0 = begin + turn / perGroup * QUERIES, head = group * perGroup + turn % perGroup, stage = turn % 2;
            auto query = [&](int i) { return ((size_t)(from.query + i0 + i) * h.heads + head) * D; };
            copy_rows<D, QUERIES>(pairs + stage * PAIR, q, from.queries - i0, query);
            copy_rows<D, QUERIES>(pairs + stage * PAIR + PAIR / 2, dy, from.queries - i0, query);
            commit_copies();
            if (threadIdx.x < QUERIES) {  // exp(s - infinity) = 0 for queries that are not there
                bool there = i0 + threadIdx.x < from.queries;
                size_t row = (size_t)(from.query + i0 + threadIdx.x) * h.heads + head;
                l[stage][threadIdx.x] = there ? lse[row] * LOG2E : -minus_infinity();
                del[stage][threadIdx.x] = there ? delta[row] : 0;
            }
        };
        __syncthreads();  // the last source has been read
        if (turns > 0) copy_queries(0);
        for (int turn = 0; turn < turns; turn++) {
            int i0 = begin + turn / perGroup * QUERIES, stage = turn % 2;
            wait_for_copies<0>();
            __syncthreads();  // these queries are there, and the others have been read
            if (turn + 1 < turns) copy_queries(turn + 1);
            if (first > from.ahead + i0 + QUERIES - 1 || first >= t.keys) continue;
            if (first + 16 * M <= from.behind + i0) continue;  // no query of the block sees a key of the warp
            unsigned qs = pairs + stage * PAIR, dys = qs + PAIR / 2;
            float s[M][N][4], dp[M][N][4];
            scores<D>(s, ks, first, qs);
            scores<D>(dp, vs, first, dys);
#pragma unroll
            for (int j = 0; j < N; j++) {
#pragma unroll
                for (int e = 0; e < 2; e++) {
                    int i = 8 * j + lane % 4 * 2 + e;
                    float li = l[stage][i], di = del[stage][i];
#pragma unroll
                    for (int n = 0; n < 2 * M; n++) {
                        int row = first + n / 2 * 16 + n % 2 * 8 + lane / 4, x = n % 2 * 2 + e;
                        float p = from.sees(i0 + i, row) ? exp2_of(fmaf(s[n / 2][j][x], c, -li)) : 0;
                        s[n / 2][j][x] = p;
                        dp[n / 2][j][x] = p * (dp[n / 2][j][x] - di);
                    }
                }
            }
            add_rows<D>(dvs, s, dys);
            add_rows<D>(dks, dp, qs);
        }
    }
    wait_for_copies<0>();
    __syncthreads();
    float one[M][2], scale[M][2];
#pragma unroll
    for (int n = 0; n < 2 * M; n++) one[n / 2][n % 2] = 1, scale[n / 2][n % 2] = h.scale;
    write_heads<D>(dks, scale, (char*)shared_memory, first, t.keys, dk, key);
    write_heads<D>(dvs, one, (char*)shared_memory + KEYS * D * 2, first, t.keys, dv, key);
}
