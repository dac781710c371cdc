// Matrix products with a frozen weight in NF4 (QLoRA: Dettmers et al. 2023, arXiv:2305.14314), which is decoded on
// the way:
//
//   nt   c[M,N] (+)= alpha · a[M,K] W[N,K]ᵀ        nn   c[M,N] (+)= alpha · a[M,K] W[K,N]
//
// codes u8[N·K/2], first value in the high half of a byte; absmax f32, one per 2^shift values; table f32[16],
// the value of each code (NF4's or FP4's). ..._any computes in f32,
// ..._coded on tensor cores from bf16 rows of multiples of 16 bytes, ..._rows for few rows of a.

#include "coded_product.cuh"
#include "gemv.cuh"

__device__ inline Matrix nf4_matrix(
    const void* codes, const float* absmax, const float* table, int shift, int width, float* shared) {
    if (threadIdx.x < 16) shared[threadIdx.x] = table[threadIdx.x];
    __syncthreads();
    return {codes, NF4, width, absmax, shift, shared};
}

#define NF4_MAT_MUL(name, threads, product, w_width)                                                               \
    extern "C" __global__ void __launch_bounds__(threads) nf4_mat_mul_##name(                                      \
        const void* a, int a_type, const void* codes, const float* absmax, const float* table, int shift, void* c, \
        int c_type, int m, int n, int k, float alpha, int accumulate) {                                            \
        __shared__ float shared[16];                                                                               \
        product(matrix(a, a_type, k), nf4_matrix(codes, absmax, table, shift, w_width, shared), c, c_type, m, n, k, \
            alpha, accumulate);                                                                                    \
    }

#define NF4_ANY_NT coded_any<NF4, true>
#define NF4_ANY_NN coded_any<NF4, false>
#define NF4_CODED_NT coded_bf16<NF4, true>
#define NF4_CODED_NN coded_bf16<NF4, false>
#define NF4_ROWS1 product_rows<NF4, 1>
#define NF4_ROWS8 product_rows<NF4, 8>

NF4_MAT_MUL(nt_any, 256, NF4_ANY_NT, k)
NF4_MAT_MUL(nn_any, 256, NF4_ANY_NN, n)
NF4_MAT_MUL(nt_coded, 128, NF4_CODED_NT, k)
NF4_MAT_MUL(nn_coded, 128, NF4_CODED_NN, n)
NF4_MAT_MUL(nt_rows1, 128, NF4_ROWS1, k)
NF4_MAT_MUL(nt_rows8, 128, NF4_ROWS8, k)
