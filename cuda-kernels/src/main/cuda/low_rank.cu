// A linear layer with a low-rank update, Hu et al. 2021 (arXiv:2106.09685), eq. 3:
//
//   forward    y = x Wᵀ + s · u Bᵀ     with u = x Aᵀ           [N,O] of x [N,I], W [O,I], u [N,R], B [O,R]
//   gradient   dx = dy W + du A        with du = s · dy B      [N,I] of dy [N,O], W [O,I], du [N,R], A [R,I]
//
// u and du are products of mat_mul.cu, or computed in every block from its own tiles of x (..._once). Both terms are summed in the same registers, so that y and dx are written once and
// never read: the update costs R more terms of a sum. The kinds of kernels are those of mat_mul.cu.

#include "gemm_bf16.cuh"
#include "gemm_f32.cuh"
#include "rank_product.cuh"

// c = x W + s · u b: `n` rows, `o` columns, sums of `i` and of `r` terms.
template <bool K_LAST, int X_TYPE, int W_TYPE>
__device__ inline void low_rank_f32(Matrix x, Matrix w, Matrix u, Matrix b, float s, void* y, int y_type, int n, int o,
    int i, int r) {
    __shared__ SharedF32 shared;
    Tile tile = tile_of_block(n, o, SIDE);
    float sums[8][8] = {};
    product_f32<true, X_TYPE, K_LAST, W_TYPE>(shared, x, w, n, o, {0, i}, 1, tile, sums);
    product_f32<true, X_TYPE, K_LAST, X_TYPE>(shared, u, b, n, o, {0, r}, s, tile, sums);
    write_f32(shared, y, y_type, n, o, false, tile, sums);
}

template <bool K_LAST, int W_TYPE>
__device__ inline void low_rank_bf16(Matrix x, Matrix w, Matrix u, Matrix b, float s, void* y, int y_type, int n, int o,
    int i, int r) {
    Tile tile = tile_of_block(n, o, SIDE);
    float sums[4][8][4] = {};
    product_bf16<true, K_LAST, W_TYPE>(x, w, n, o, {0, i}, tile, sums);
    short_product_bf16<true, K_LAST>(u, b, n, o, r, s, tile, sums);
    write_bf16(y, y_type, n, o, 1, false, tile, sums);
}

// The same with u = u_factor · x a computed on the way, from bf16 x and w and f32 a and b.
template <bool K_LAST>
__device__ inline void low_rank_once(Matrix x, Matrix w, Matrix a, Matrix b, float s, void* u, int u_type, float u_factor,
    void* y, int y_type, int n, int o, int i, int r) {
    Tile tile = tile_of_block(n, o, SIDE);
    float sums[4][8][4] = {};
    RankProduct<K_LAST> update((const float*)a.data, a.width, r);
    product_bf16<true, K_LAST, BF16>(x, w, n, o, {0, i}, tile, sums, update);
    update.keep(s, tile.column == 0 ? u : nullptr, u_type, u_factor, tile.row, n);
    decode_tile<K_LAST, F32>((char*)shared_memory + OPERAND_BYTES, b, tile.column, o, 0, r, 1);
    __syncthreads();
    Alone alone;
    multiply_bf16<true, K_LAST>(shared_address(shared_memory), sums, alone, 0);
    __syncthreads();
    write_bf16(y, y_type, n, o, 1, false, tile, sums);
}

#define LOW_RANK(pass, k_last, w_width, b_width)                                                                   \
    extern "C" __global__ void __launch_bounds__(256, 2) low_rank_##pass##_f32(                                    \
        const float* x, const float* w, const float* u, const float* b, float s, float* y, int n, int o, int i,    \
        int r) {                                                                                                   \
        low_rank_f32<k_last, F32, F32>(matrix(x, F32, i), matrix(w, F32, w_width), matrix(u, F32, r),                   \
            matrix(b, F32, b_width), s, y, F32, n, o, i, r);                                                       \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(256) low_rank_##pass##_any(                                       \
        const void* x, int x_type, const void* w, int w_type, const void* u, int u_type, const void* b,            \
        int b_type, float s, void* y, int y_type, int n, int o, int i, int r) {                                    \
        low_rank_f32<k_last, DATA, ANY>(matrix(x, x_type, i), matrix(w, w_type, w_width), matrix(u, u_type, r),          \
            matrix(b, b_type, b_width), s, y, y_type, n, o, i, r);                                                 \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128, 2) low_rank_##pass##_bf16(                                   \
        const void* x, const void* w, const void* u, int u_type, const void* b, int b_type, float s, void* y,      \
        int y_type, int n, int o, int i, int r) {                                                                  \
        low_rank_bf16<k_last, BF16>(matrix(x, BF16, i), matrix(w, BF16, w_width), matrix(u, u_type, r),           \
            matrix(b, b_type, b_width), s, y, y_type, n, o, i, r);                                                 \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128, 2) low_rank_##pass##_coded(                                  \
        const void* x, const void* w, int w_type, const void* u, int u_type, const void* b, int b_type, float s,   \
        void* y, int y_type, int n, int o, int i, int r) {                                                         \
        low_rank_bf16<k_last, ANY>(matrix(x, BF16, i), matrix(w, w_type, w_width), matrix(u, u_type, r),          \
            matrix(b, b_type, b_width), s, y, y_type, n, o, i, r);                                                 \
    }

#define LOW_RANK_ONCE(pass, k_last, w_width, a_width, b_width, u_factor)                                           \
    extern "C" __global__ void __launch_bounds__(128, 2) low_rank_##pass##_once(                                   \
        const void* x, const void* w, const float* a, const float* b, float s, void* u, int u_type, void* y,       \
        int y_type, int n, int o, int i, int r) {                                                                  \
        low_rank_once<k_last>(matrix(x, BF16, i), matrix(w, BF16, w_width), matrix(a, F32, a_width),               \
            matrix(b, F32, b_width), s, u, u_type, u_factor, y, y_type, n, o, i, r);                               \
    }

LOW_RANK(forward, true, i, r)
LOW_RANK(gradient, false, o, o)
LOW_RANK_ONCE(forward, true, i, i, r, 1)
LOW_RANK_ONCE(gradient, false, o, r, o, s)
