// Matrix products with a frozen weight of eight bits and one scale a row (LLM.int8: Dettmers et al. 2022,
// arXiv:2208.07339, section 2), which is decoded on the way:
//
//   nt   c[M,N] (+)= alpha · a[M,K] W[N,K]ᵀ        nn   c[M,N] (+)= alpha · a[M,K] W[K,N]
//
// codes i8 of W, absmax f32, one a row of W: w = q (absmax / 127). ..._any computes in f32, ..._coded on tensor cores
// from bf16 rows of multiples of 16 bytes, ..._rows for few rows of a.

#include "coded_product.cuh"
#include "gemv.cuh"

const int INT8 = 9;  // beside the types of matrix.cuh

// Rows are whole pieces of eight codes.
template <>
__device__ inline void eight<INT8>(const Matrix& a, int row, int column, int there, float (&x)[8]) {
#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = 0;
    if (there <= 0) return;
    uint2 q = *(const uint2*)((const char*)a.data + (size_t)row * a.width + column);
    float unit = a.absmax[row] * (1 / 127.0f);
#pragma unroll
    for (int i = 0; i < 4; i++) {
        x[i] = unit * (float)(signed char)(q.x >> 8 * i);
        x[4 + i] = unit * (float)(signed char)(q.y >> 8 * i);
    }
}

#define INT8_MAT_MUL(name, threads, product, w_width)                                                        \
    extern "C" __global__ void __launch_bounds__(threads) int8_mat_mul_##name(                               \
        const void* a, int a_type, const void* codes, const float* absmax, void* c, int c_type, int m,       \
        int n, int k, float alpha, int accumulate) {                                                         \
        product(matrix(a, a_type, k), Matrix{codes, INT8, w_width, absmax, 0, nullptr}, c, c_type, m, n, k,  \
            alpha, accumulate);                                                                              \
    }

#define INT8_ANY_NT coded_any<INT8, true>
#define INT8_ANY_NN coded_any<INT8, false>
#define INT8_CODED_NT coded_bf16<INT8, true>
#define INT8_CODED_NN coded_bf16<INT8, false>
#define INT8_ROWS1 product_rows<INT8, 1>
#define INT8_ROWS8 product_rows<INT8, 8>

INT8_MAT_MUL(nt_any, 256, INT8_ANY_NT, k)
INT8_MAT_MUL(nn_any, 256, INT8_ANY_NN, n)
INT8_MAT_MUL(nt_coded, 128, INT8_CODED_NT, k)
INT8_MAT_MUL(nn_coded, 128, INT8_CODED_NN, n)
INT8_MAT_MUL(nt_rows1, 128, INT8_ROWS1, k)
INT8_MAT_MUL(nt_rows8, 128, INT8_ROWS8, k)
