// Grouped-query attention over packed sequences:
//
//   S = cap(scale · q kᵀ) + mask     P = softmax(S)     y = P v     lse = log Σ exp(S)
//
// Masks are bands of keys, which the tiles of the host's list say. A cap is for the kernels of any head size alone.
// Dao et al. 2022 (arXiv:2205.14135). Backward recomputes P from lse, once for dq and once for dk and dv: so every
// gradient is summed by one block in one order. Blocks along x: tiles of the host's list; along y: heads. Few queries that
// see many keys are spread over more blocks, see attention_split.cuh. Forward finds keys in pages, too: Kwon et al.
// 2023 (arXiv:2309.06180).

#include "attention_mma_backward.cuh"
#include "attention_mma_forward.cuh"
#include "attention_split.cuh"

#define ATTENTION(name, T)                                                                                         \
    extern "C" __global__ void __launch_bounds__(128) attention_forward_##name(                                    \
        const T* q, const T* k, const T* v, const QueryTile* tiles, const int* pages, int heads, int kvHeads,      \
        int d, float scale, float cap, T* y, float* lse) {                                                         \
        attention_forward(q, k, v, tiles, pages, {heads, kvHeads, d, scale, cap}, y, lse);                         \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128) attention_split_##name(                                      \
        const T* q, const T* k, const T* v, const Slice* slices, const int* pages, int heads, int kvHeads, int d,  \
        float scale, float cap, float* outs, Share* shares) {                                                      \
        attention_split(q, k, v, slices, pages, {heads, kvHeads, d, scale, cap}, outs, shares);                    \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128) attention_join_##name(                                       \
        const float* outs, const Share* shares, const Joint* joints, int heads, int d, T* y, float* lse) {         \
        attention_join(outs, shares, joints, heads, d, y, lse);                                                    \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128) attention_delta_##name(                                      \
        const T* y, const T* dy, float* delta, int rows, int d) {                                                  \
        attention_delta(y, dy, delta, rows, d);                                                                    \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128) attention_backward_q_##name(                                 \
        const T* dy, const float* lse, const float* delta, const T* q, const T* k, const T* v,                     \
        const QueryTile* tiles, int heads, int kvHeads, int d, float scale, float cap, T* dq) {                    \
        attention_backward_q(dy, lse, delta, q, k, v, tiles, {heads, kvHeads, d, scale, cap}, dq);                 \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128) attention_backward_kv_##name(                                \
        const T* dy, const float* lse, const float* delta, const T* q, const T* k, const T* v,                     \
        const KeyTile* tiles, const Source* sources, int heads, int kvHeads, int d, float scale, float cap, T* dk, \
        T* dv) {                                                                                                   \
        attention_backward_kv(                                                                                     \
            dy, lse, delta, q, k, v, tiles, sources, {heads, kvHeads, d, scale, cap}, dk, dv);                     \
    }

ATTENTION(f32, float)
ATTENTION(bf16, bf16)

// Tensor cores, for heads of 64 and 128; m_q and m_kv: fragments of rows of one warp.
#define ATTENTION_MMA(D, m_q, m_kv)                                                                                \
    extern "C" __global__ void __launch_bounds__(128, 2) attention_forward_bf16_d##D(                              \
        const bf16* q, const bf16* k, const bf16* v, const QueryTile* tiles, const int* pages, int heads,          \
        int kvHeads, float scale, bf16* y, float* lse) {                                                           \
        attention_mma_forward<D>(q, k, v, tiles, pages, {heads, kvHeads, D, scale, 0}, y, lse);                    \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128, 2) attention_backward_q_bf16_d##D(                           \
        const bf16* dy, const float* lse, const float* delta, const bf16* q, const bf16* k, const bf16* v,         \
        const QueryTile* tiles, int heads, int kvHeads, float scale, bf16* dq) {                                   \
        attention_mma_backward_q<D, m_q>(dy, lse, delta, q, k, v, tiles, {heads, kvHeads, D, scale, 0}, dq);       \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128, 2) attention_backward_kv_bf16_d##D(                          \
        const bf16* dy, const float* lse, const float* delta, const bf16* q, const bf16* k, const bf16* v,         \
        const KeyTile* tiles, const Source* sources, int heads, int kvHeads, float scale, bf16* dk, bf16* dv) {    \
        attention_mma_backward_kv<D, m_kv>(                                                                        \
            dy, lse, delta, q, k, v, tiles, sources, {heads, kvHeads, D, scale, 0}, dk, dv);                       \
    }

ATTENTION_MMA(64, 2, 2)
ATTENTION_MMA(128, 2, 1)
