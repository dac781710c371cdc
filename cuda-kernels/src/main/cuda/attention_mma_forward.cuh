// Forward of attention on tensor cores: Dao 2023 (arXiv:2307.08691), algorithm 1. 128 queries of one head per
// block, 32 per warp; keys in blocks of 64. The values of a block travel while its scores are computed, the next
// keys while the values are summed.
#pragma once

#include "attention_mma.cuh"

const int FORWARD_QUERIES = 128, FORWARD_KEYS = 64;
const float FLOOR = -1e30f;  // below any score, and finite: exp(score - largest) is 0 where all scores are hidden

// What a warp knows of its rows: the largest score so far, the sum of exp relative to it; one value per row of a
// lane.
struct Softmax {
    float largest[2][2], sum[2][2];
};

// Of a block of keys row r of a warp sees keys `behind` + r ... `ahead` + r, if these are below `count`.
struct Visible {
    int behind, ahead, count;
};

// Turns scores into exp(score - largest) and shrinks what was summed before accordingly; `c` is scale · log2 e. A row
// may have seen no key so far.
template <int D>
__device__ inline void softmax_step(
    Softmax& soft, float (&s)[2][FORWARD_KEYS / 8][4], float (&out)[2][D / 8][4], Visible v, float c) {
    int lane = threadIdx.x % 32;
    bool hidden = min(v.ahead, v.count - 1) < FORWARD_KEYS - 1, past = v.behind + 31 > 0;
#pragma unroll
    for (int i = 0; i < 2; i++) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
            int row = 16 * i + lane / 4 + 8 * e, column = lane % 4 * 2;
            int last = min(v.ahead + row, v.count - 1) - column, from = v.behind + row - column;
            float now = soft.largest[i][e];
#pragma unroll
            for (int j = 0; j < FORWARD_KEYS / 8; j++) {
                if (hidden && 8 * j > last) s[i][j][2 * e] = minus_infinity();
                if (hidden && 8 * j + 1 > last) s[i][j][2 * e + 1] = minus_infinity();
                if (past && 8 * j < from) s[i][j][2 * e] = minus_infinity();
                if (past && 8 * j + 1 < from) s[i][j][2 * e + 1] = minus_infinity();
                now = fmaxf(now, fmaxf(s[i][j][2 * e], s[i][j][2 * e + 1]));
            }
            now = row_max(now);
            float base = fmaxf(now, FLOOR), shrink = exp2_of((soft.largest[i][e] - base) * c), sum = 0;
#pragma unroll
            for (int j = 0; j < FORWARD_KEYS / 8; j++) {
                float p = exp2_of(fmaf(s[i][j][2 * e], c, -base * c));
                float q = exp2_of(fmaf(s[i][j][2 * e + 1], c, -base * c));
                s[i][j][2 * e] = p, s[i][j][2 * e + 1] = q;
                sum += p + q;
            }
            soft.largest[i][e] = now;
            soft.sum[i][e] = fmaf(soft.sum[i][e], shrink, sum);
#pragma unroll
            for (int d = 0; d < D / 8; d++) out[i][d][2 * e] *= shrink, out[i][d][2 * e + 1] *= shrink;
        }
    }
}

// scale > 0.
template <int D>
__device__ inline void attention_mma_forward(
    const bf16* q, const bf16* k, const bf16* v, const QueryTile* tiles, const int* pages, Heads h, bf16* y,
    float* lse) {
    QueryTile t = tiles[blockIdx.x];
    int head = blockIdx.y, group = head / (h.heads / h.kvHeads);
    int lane = threadIdx.x % 32, first = threadIdx.x / 32 * 32;
    unsigned qs = shared_address(shared_memory), ks = qs + FORWARD_QUERIES * D * 2, vs = ks + FORWARD_KEYS * D * 2;
    auto query = [&](int i) { return ((size_t)(t.query + i) * h.heads + head) * D; };
    int begin = t.begin();
    auto copy_keys = [&](unsigned to, const bf16* from, int j0) {
        auto key = [&](int j) { return ((size_t)key_row(t, pages, j0 + j) * h.kvHeads + group) * D; };
        copy_rows<D, FORWARD_KEYS>(to, from, t.end - j0, key);
        commit_copies();
    };
    copy_rows<D, FORWARD_QUERIES>(qs, q, t.queries, query);
    copy_keys(ks, k, begin);
    float out[2][D / 8][4] = {}, s[2][FORWARD_KEYS / 8][4];
    Softmax soft;
#pragma unroll
    for (int i = 0; i < 4; i++) soft.largest[i / 2][i % 2] = minus_infinity(), soft.sum[i / 2][i % 2] = 0;
    for (int j0 = begin; j0 < t.end; j0 += FORWARD_KEYS) {
        bool sees = j0 <= t.ahead + first + 31 && j0 + FORWARD_KEYS > t.behind + first;  // this warp some of these keys
        sees = sees && first < t.queries;
        wait_for_copies<0>();
        __syncthreads();  // keys are there, and the last values have been read
        copy_keys(vs, v, j0);
        if (sees) {
            scores<D>(s, qs, first, ks);
            Visible visible = {t.behind + first - j0, t.ahead + first - j0, t.end - j0};
            softmax_step<D>(soft, s, out, visible, h.scale * LOG2E);
        }
        wait_for_copies<0>();
        __syncthreads();  // values are there, and the keys have been read
        if (j0 + FORWARD_KEYS < t.end) copy_keys(ks, k, j0 + FORWARD_KEYS);
        if (sees) add_rows<D>(out, s, vs);
    }
    float factor[2][2];
#pragma unroll
    for (int n = 0; n < 4; n++) {
        int i = first + n / 2 * 16 + n % 2 * 8 + lane / 4;
        float sum = row_sum(soft.sum[n / 2][n % 2]);
        factor[n / 2][n % 2] = i < t.queries ? 1 / sum : 0;
        if (i < t.queries && lane % 4 == 0) {
            lse[(size_t)(t.query + i) * h.heads + head] = soft.largest[n / 2][n % 2] * h.scale + logf(sum);
        }
    }
    write_heads<D>(out, factor, (char*)shared_memory, first, t.queries, y, query);
}
