// Forward of attention where few queries see many keys, as in decoding: a block for each slice of the keys, and what
// the slices gave joined in their order. For slice s of the keys of a query:
//
//   m_s = max s(q, k)     l_s = Σ exp(s(q, k) - m_s)     o_s = Σ exp(s(q, k) - m_s) v     s = cap(scale · q · k)
//   m = max m_s     l = Σ exp(m_s - m) l_s     y = Σ exp(m_s - m) o_s / l     lse = m + log l
//
// A block takes all heads that read one key head, so that their keys are read once: its rows are pairs of a query and
// a head, head after head of the first query, then of the next.
#pragma once

#include "attention_any.cuh"
#include "values.cuh"

const int WARP_PAIRS = 2, PAIRS = 8;  // of a warp, and of a block: few models have more for one query

// Keys begin ... end - 1 of a tile, for PAIRS pairs from `pair` on. What they give of query i and head h goes to row
// `part` + i · heads + h of the parts.
struct Slice {
    QueryTile tile;
    int pair, begin, end, part;
};

// Where the parts of a query are: of its first head and the first of `count` slices in row `part`, of the next slice
// `stride` rows further.
struct Joint {
    int part, stride, count;
};

// m_s and l_s of a part.
struct Share {
    float largest, sum;
};

// As `bring` for `rows` rows, V values at a time, so that many bytes are under way at once.
template <int V, class T, class Row>
__device__ inline void bring_groups(float* to, int rows, const T* from, int count, int d, float factor, Row row) {
    int pitch = row_pitch(d), groups = (pitch - 4) / V;
#pragma unroll 4
    for (int n = threadIdx.x; n < rows * groups; n += blockDim.x) {
        int r = n / groups, c = n % groups * V;
        float x[V] = {};
        if (r < count && c < d) load<V>(from + row(r) + c, x);
#pragma unroll
        for (int j = 0; j < V; j++) x[j] *= factor;
        store<V>(x, to + r * pitch + c);
    }
}

template <class T, class Row>
__device__ inline void bring_rows(float* to, int rows, const T* from, int count, int d, float factor, Row row) {
    if (d % LANES<T> == 0 && aligned(from)) bring_groups<LANES<T>>(to, rows, from, count, d, factor, row);
    else bring_groups<1>(to, rows, from, count, d, factor, row);
}

template <class T>
__device__ inline void attention_split(
    const T* q, const T* k, const T* v, const Slice* slices, const int* pages, Heads h, float* outs, Share* shares) {
    Slice s = slices[blockIdx.x];
    QueryTile t = s.tile;
    int group = blockIdx.y, perGroup = h.heads / h.kvHeads, pitch = row_pitch(h.d);
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, first = warp * WARP_PAIRS;
    int count = min(PAIRS, t.queries * perGroup - s.pair);
    float* ks = (float*)shared_memory;
    float *vs = ks + SPAN * pitch, *qs = vs + SPAN * pitch, *out = qs + PAIRS * pitch, *ps = out + PAIRS * pitch;
    auto query = [&](int r) { return (s.pair + r) / perGroup; };
    auto row = [&](int r) { return (size_t)query(r) * h.heads + group * perGroup + (s.pair + r) % perGroup; };
    auto at = [&](int r) { return ((size_t)t.query * h.heads + row(r)) * h.d; };
    bring_rows(qs, PAIRS, q, count, h.d, h.scale, at);
    clear(out, PAIRS * pitch);
    Seen<WARP_PAIRS> seen;
    for (int j0 = s.begin; j0 < s.end; j0 += SPAN) {
        auto key = [&](int j) { return ((size_t)key_row(t, pages, j0 + j) * h.kvHeads + group) * h.d; };
        __syncthreads();  // the last block of keys has been read
        bring_rows(ks, SPAN, k, s.end - j0, h.d, 1, key);
        bring_rows(vs, SPAN, v, s.end - j0, h.d, 1, key);
        __syncthreads();
        auto sees = [&](int r) { return j0 + lane < s.end && t.sees(query(first + r), j0 + lane); };
        if (first < count) see(seen, qs + first * pitch, ks, vs, ps + first * P_PITCH, out + first * pitch, h, sees);
    }
#pragma unroll
    for (int r = 0; r < WARP_PAIRS; r++) {
        if (first + r >= count) break;
        size_t to = s.part + row(first + r);
        for (int c = lane; c < h.d; c += 32) outs[to * h.d + c] = out[(first + r) * pitch + c];
        if (lane == 0) shares[to] = {seen.largest[r], seen.sum[r]};
    }
}

// A block per query and head.
template <class T>
__device__ inline void attention_join(
    const float* outs, const Share* shares, const Joint* joints, int heads, int d, T* y, float* lse) {
    Joint j = joints[blockIdx.x];
    size_t row = (size_t)blockIdx.x * heads + blockIdx.y;
    auto part = [&](int s) { return (size_t)j.part + (size_t)s * j.stride + blockIdx.y; };
    float m = minus_infinity(), l = 0;
    for (int s = 0; s < j.count; s++) m = fmaxf(m, shares[part(s)].largest);
    for (int s = 0; s < j.count; s++) l = fmaf(expf(shares[part(s)].largest - m), shares[part(s)].sum, l);
    for (int c = threadIdx.x; c < d; c += blockDim.x) {
        float sum = 0;
        for (int s = 0; s < j.count; s++) sum = fmaf(expf(shares[part(s)].largest - m), outs[part(s) * d + c], sum);
        from_float(sum / l, y[row * d + c]);
    }
    if (threadIdx.x == 0) lse[row] = m + logf(l);
}
