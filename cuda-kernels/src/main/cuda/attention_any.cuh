// Attention for any head size, in f32 arithmetic: tiles of 32 queries by 32 keys, four warps of eight rows each. Rows
// lie in shared memory as floats, `pitch` apart: a multiple of 4 and an odd multiple of it, so that the 32 lanes of a
// warp, each reading four values of a row of its own, meet in no bank.
#pragma once

#include "attention_tiles.cuh"

const int SPAN = 32;       // queries or keys of a tile
const int ROWS = 8;        // of one warp
const int P_PITCH = 36;    // of rows of probabilities
const float LEAST = -3.40282347e38f;

__device__ inline int row_pitch(int d) { return (d + 7) / 8 * 8 + 4; }

extern __shared__ float4 shared_memory[];

// Rows of one head as floats, times `factor`; zero behind the last row and the last value. `row(i)` is where row i
// lies.
template <class T, class Row>
__device__ inline void bring(float* to, const T* from, int count, int d, float factor, Row row) {
    int pitch = row_pitch(d), width = pitch - 4;
    for (int i = threadIdx.x; i < SPAN * width; i += blockDim.x) {
        int r = i / width, c = i % width;
        to[r * pitch + c] = r < count && c < d ? factor * to_float(from[row(r) + c]) : 0;
    }
}

__device__ inline void clear(float* to, int count) {
    for (int i = threadIdx.x; i < count; i += blockDim.x) to[i] = 0;
}

// s[r] = rows[r] · column, over d: the warp's R rows against the row of the other side that is this lane's.
template <int R>
__device__ inline void dots(const float* rows, const float* other, int d, float (&s)[R]) {
    int pitch = row_pitch(d);
#pragma unroll
    for (int r = 0; r < R; r++) s[r] = 0;
    for (int c = 0; c < d; c += 4) {
        float4 y = *(const float4*)(other + c);
#pragma unroll
        for (int r = 0; r < R; r++) {
            float4 x = *(const float4*)(rows + r * pitch + c);
            s[r] = fmaf(x.x, y.x, fmaf(x.y, y.y, fmaf(x.z, y.z, fmaf(x.w, y.w, s[r]))));
        }
    }
}

// sums[r][c] = keep[r] · sums[r][c] + Σ_j p[r][j] · other[j][c]: the lane's columns c are `lane`, `lane` + 32, ...
template <int R>
__device__ inline void add_weighted(
    float* sums, const float (&keep)[R], const float* p, const float* other, int d, int lane) {
    int pitch = row_pitch(d);
    for (int c = lane; c < d; c += 32) {
        float o[R];
#pragma unroll
        for (int r = 0; r < R; r++) o[r] = keep[r] * sums[r * pitch + c];
        for (int j = 0; j < SPAN; j += 4) {
            const float* at = other + j * pitch + c;
            float v0 = at[0], v1 = at[pitch], v2 = at[2 * pitch], v3 = at[3 * pitch];
#pragma unroll
            for (int r = 0; r < R; r++) {
                float4 w = *(const float4*)(p + r * P_PITCH + j);
                o[r] = fmaf(w.x, v0, fmaf(w.y, v1, fmaf(w.z, v2, fmaf(w.w, v3, o[r]))));
            }
        }
#pragma unroll
        for (int r = 0; r < R; r++) sums[r * pitch + c] = o[r];
    }
}

// cap · tanh(s / cap), and its slope by s; without a cap s and 1. Gemma Team 2024 (arXiv:2408.00118), section 2.
__device__ inline float soft_cap(float s, float cap, float& slope) {
    slope = 1;
    if (cap == 0) return s;
    float t = tanhf(s / cap);
    slope = (1 - t) * (1 + t);
    return cap * t;
}

// What a warp knows of its rows: the largest score so far, and the sum of exp relative to it.
template <int R>
struct Seen {
    float largest[R], sum[R];
    __device__ Seen() {
#pragma unroll
        for (int r = 0; r < R; r++) largest[r] = minus_infinity(), sum[r] = 0;
    }
};

// Dao et al. 2022, algorithm 1: a warp's rows see a block of keys, and what was summed before shrinks by exp(old max -
// new max). Row r sees the lane's key of the block where `sees(r)`; it may have seen none so far.
template <int R, class Sees>
__device__ inline void see(
    Seen<R>& seen, const float* qs, const float* ks, const float* vs, float* ps, float* out, const Heads& h,
    Sees sees) {
    int lane = threadIdx.x % 32, d = h.d;
    float s[R], keep[R], slope;
    dots(qs, ks + lane * row_pitch(d), d, s);
#pragma unroll
    for (int r = 0; r < R; r++) {
        bool visible = sees(r);
        s[r] = soft_cap(s[r], h.softCap, slope);
        float now = fmaxf(seen.largest[r], warp_max(visible ? s[r] : minus_infinity()));
        float base = fmaxf(now, LEAST);
        float p = visible ? expf(s[r] - base) : 0;
        keep[r] = expf(seen.largest[r] - base);
        seen.sum[r] = keep[r] * seen.sum[r] + warp_sum(p);
        seen.largest[r] = now;
        ps[r * P_PITCH + lane] = p;
    }
    __syncwarp();
    add_weighted(out, keep, ps, vs, d, lane);
    __syncwarp();  // before the next probabilities
}

template <class T>
__device__ inline void attention_forward(
    const T* q, const T* k, const T* v, const QueryTile* tiles, const int* pages, Heads h, T* y, float* lse) {
    QueryTile t = tiles[blockIdx.x];
    int head = blockIdx.y, group = head / (h.heads / h.kvHeads), pitch = row_pitch(h.d);
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, first = warp * ROWS;
    float* qs = (float*)shared_memory;
    float *ks = qs + SPAN * pitch, *vs = ks + SPAN * pitch, *out = vs + SPAN * pitch, *ps = out + SPAN * pitch;
    auto query = [&](int i) { return ((size_t)(t.query + i) * h.heads + head) * h.d; };
    bring(qs, q, t.queries, h.d, h.scale, query);
    clear(out, SPAN * pitch);
    Seen<ROWS> seen;
    for (int j0 = t.begin(); j0 < t.end; j0 += SPAN) {
        auto key = [&](int j) { return ((size_t)key_row(t, pages, j0 + j) * h.kvHeads + group) * h.d; };
        __syncthreads();  // the last block of keys has been read
        bring(ks, k, t.end - j0, h.d, 1, key);
        bring(vs, v, t.end - j0, h.d, 1, key);
        __syncthreads();
        auto sees = [&](int r) { return t.sees(first + r, j0 + lane); };
        see(seen, qs + first * pitch, ks, vs, ps + first * P_PITCH, out + first * pitch, h, sees);
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        int i = first + r;
        if (i >= t.queries) break;
        for (int c = lane; c < h.d; c += 32) from_float(out[i * pitch + c] / seen.sum[r], y[query(i) + c]);
        if (lane == 0) lse[(size_t)(t.query + i) * h.heads + head] = seen.largest[r] + logf(seen.sum[r]);
    }
}

// delta[row] = Σ y · dy over one head: a warp per row.
template <class T>
__device__ inline void attention_delta(const T* y, const T* dy, float* delta, int rows, int d) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    float sum = 0;
    for (int c = lane; c < d; c += 32) {
        sum = fmaf(to_float(y[(size_t)row * d + c]), to_float(dy[(size_t)row * d + c]), sum);
    }
    sum = warp_sum(sum);
    if (lane == 0) delta[row] = sum;
}

// P = exp(s - lse)     dS = P (dy · v - delta) · slope of the cap     dq = scale · dS k
template <class T>
__device__ inline void attention_backward_q(
    const T* dy, const float* lse, const float* delta, const T* q, const T* k, const T* v, const QueryTile* tiles,
    Heads h, T* dq) {
    QueryTile t = tiles[blockIdx.x];
    int head = blockIdx.y, group = head / (h.heads / h.kvHeads), pitch = row_pitch(h.d);
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, first = warp * ROWS;
    float* qs = (float*)shared_memory;
    float *dys = qs + SPAN * pitch, *ks = dys + SPAN * pitch, *vs = ks + SPAN * pitch, *out = vs + SPAN * pitch;
    float* ds = out + SPAN * pitch;
    auto query = [&](int i) { return ((size_t)(t.query + i) * h.heads + head) * h.d; };
    bring(qs, q, t.queries, h.d, h.scale, query);
    bring(dys, dy, t.queries, h.d, 1, query);
    clear(out, SPAN * pitch);
    float s[ROWS], dp[ROWS], l[ROWS], del[ROWS], keep[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        size_t row = (size_t)(t.query + first + r) * h.heads + head;
        bool there = first + r < t.queries;
        l[r] = there ? lse[row] : 0, del[r] = there ? delta[row] : 0, keep[r] = 1;
    }
    for (int j0 = t.begin(); j0 < t.end; j0 += SPAN) {
        auto key = [&](int j) { return ((size_t)key_row(t, j0 + j) * h.kvHeads + group) * h.d; };
        __syncthreads();
        bring(ks, k, t.end - j0, h.d, 1, key);
        bring(vs, v, t.end - j0, h.d, 1, key);
        __syncthreads();
        dots(qs + first * pitch, ks + lane * pitch, h.d, s);
        dots(dys + first * pitch, vs + lane * pitch, h.d, dp);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            bool seen = t.sees(first + r, j0 + lane) && first + r < t.queries;
            float slope, score = soft_cap(s[r], h.softCap, slope);
            ds[(first + r) * P_PITCH + lane] = seen ? expf(score - l[r]) * (dp[r] - del[r]) * slope : 0;
        }
        __syncwarp();
        add_weighted(out + first * pitch, keep, ds + first * P_PITCH, ks, h.d, lane);
        __syncwarp();
    }
    for (int r = 0; r < ROWS && first + r < t.queries; r++) {
        int i = first + r;
        for (int c = lane; c < h.d; c += 32) from_float(h.scale * out[i * pitch + c], dq[query(i) + c]);
    }
}

// dv = Pᵀ dy     dk = scale · dSᵀ q: a block sums over all queries that see its keys, in the order of the list.
template <class T>
__device__ inline void attention_backward_kv(
    const T* dy, const float* lse, const float* delta, const T* q, const T* k, const T* v, const KeyTile* tiles,
    const Source* sources, Heads h, T* dk, T* dv) {
    KeyTile t = tiles[blockIdx.x];
    int group = blockIdx.y, perGroup = h.heads / h.kvHeads, pitch = row_pitch(h.d);
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, first = warp * ROWS;
    float* ks = (float*)shared_memory;
    float *vs = ks + SPAN * pitch, *qs = vs + SPAN * pitch, *dys = qs + SPAN * pitch;
    float *dks = dys + SPAN * pitch, *dvs = dks + SPAN * pitch, *ps = dvs + SPAN * pitch;
    float* ds = ps + SPAN * P_PITCH;
    auto key = [&](int j) { return ((size_t)(t.key + j) * h.kvHeads + group) * h.d; };
    bring(ks, k, t.keys, h.d, 1, key);
    bring(vs, v, t.keys, h.d, 1, key);
    clear(dks, 2 * SPAN * pitch);
    float s[ROWS], dp[ROWS], keep[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) keep[r] = 1;
    for (int part = t.first; part < t.end; part++) {
        Source from = sources[part];
        int begin = max(0, -from.ahead) / SPAN * SPAN;
        int spans = (from.queries - begin + SPAN - 1) / SPAN;
        for (int turn = 0; turn < spans * perGroup; turn++) {
            int i0 = begin + turn / perGroup * SPAN, head = group * perGroup + turn % perGroup;
            auto query = [&](int i) { return ((size_t)(from.query + i0 + i) * h.heads + head) * h.d; };
            __syncthreads();
            bring(qs, q, from.queries - i0, h.d, h.scale, query);
            bring(dys, dy, from.queries - i0, h.d, 1, query);
            __syncthreads();
            bool there = i0 + lane < from.queries;
            size_t row = (size_t)(from.query + i0 + lane) * h.heads + head;
            float l = there ? lse[row] : 0, del = there ? delta[row] : 0;
            dots(ks + first * pitch, qs + lane * pitch, h.d, s);
            dots(vs + first * pitch, dys + lane * pitch, h.d, dp);
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                bool seen = there && from.sees(i0 + lane, first + r);
                float slope, score = soft_cap(s[r], h.softCap, slope);
                float p = seen ? expf(score - l) : 0;
                ps[(first + r) * P_PITCH + lane] = p;
                ds[(first + r) * P_PITCH + lane] = p * (dp[r] - del) * slope;
            }
            __syncwarp();
            add_weighted(dvs + first * pitch, keep, ps + first * P_PITCH, dys, h.d, lane);
            add_weighted(dks + first * pitch, keep, ds + first * P_PITCH, qs, h.d, lane);
            __syncwarp();
        }
    }
    __syncthreads();  // keys that no query sees: their zeros were written by others
    for (int r = 0; r < ROWS && first + r < t.keys; r++) {
        int j = first + r;
        for (int c = lane; c < h.d; c += 32) {
            from_float(dks[j * pitch + c], dk[key(j) + c]);
            from_float(dvs[j * pitch + c], dv[key(j) + c]);
        }
    }
}
