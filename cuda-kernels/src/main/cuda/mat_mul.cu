// Matrix products c (+)= alpha · op(a) op(b), all row-major:
//
//   nt   c[M,N] = a[M,K] b[N,K]ᵀ        nn   c[M,N] = a[M,K] b[K,N]        tn   c[M,N] = a[K,M]ᵀ b[K,N]
//
// ..._f32 multiplies f32 matrices, ..._any any two real types in f32 arithmetic. ..._bf16 multiplies bf16 matrices
// whose rows are multiples of 16 bytes on tensor cores; ..._coded the same with a b of any type that becomes bf16
// on the way. c is f32 or bf16. ..._rows are for few rows of a. Shared by the others: with more than one block
// along z each sums a part of k and leaves it in its own slice of c (f32[Z,M,N]), which mat_mul_slices then adds in
// order.

#include "gemm_bf16.cuh"
#include "gemm_f32.cuh"
#include "gemv.cuh"

template <bool A_K_LAST, int A_TYPE, bool B_K_LAST, int B_TYPE>
__device__ inline void mat_mul_f32(
    Matrix a, Matrix b, void* c, int c_type, int m, int n, int k, float alpha, int accumulate) {
    __shared__ SharedF32 shared;
    Tile tile = tile_of_block(m, n, SIDE);
    float sums[8][8] = {};
    product_f32<A_K_LAST, A_TYPE, B_K_LAST, B_TYPE>(
        shared, a, b, m, n, range_of_block(k, DEPTH), alpha, tile, sums);
    size_t slice = (size_t)blockIdx.z * m * n;
    write_f32(shared, (float*)c + slice, c_type, m, n, accumulate, tile, sums);
}

#define MAT_MUL_F32(form, a_k_last, b_k_last, a_width, b_width, b_any)                                             \
    extern "C" __global__ void __launch_bounds__(256, 2) mat_mul_##form##_f32(                                        \
        const float* a, const float* b, float* c, int m, int n, int k, float alpha, int accumulate) {              \
        mat_mul_f32<a_k_last, F32, b_k_last, F32>(                                                              \
            matrix(a, F32, a_width), matrix(b, F32, b_width), c, F32, m, n, k, alpha, accumulate);                 \
    }                                                                                                           \
    extern "C" __global__ void __launch_bounds__(256) mat_mul_##form##_any(                                        \
        const void* a, int a_type, const void* b, int b_type, void* c, int c_type, int m, int n, int k,            \
        float alpha, int accumulate) {                                                                          \
        mat_mul_f32<a_k_last, DATA, b_k_last, b_any>(                                                            \
            matrix(a, a_type, a_width), matrix(b, b_type, b_width), c, c_type, m, n, k, alpha, accumulate);        \
    }

MAT_MUL_F32(nt, true, true, k, k, ANY)
MAT_MUL_F32(nn, true, false, k, n, ANY)
MAT_MUL_F32(tn, false, false, m, n, DATA)

template <bool A_K_LAST, bool B_K_LAST, int B_TYPE>
__device__ inline void mat_mul_bf16(
    Matrix a, Matrix b, void* c, int c_type, int m, int n, int k, float alpha, int accumulate) {
    Tile tile = tile_of_block(m, n, SIDE);
    float sums[4][8][4] = {};
    product_bf16<A_K_LAST, B_K_LAST, B_TYPE>(a, b, m, n, range_of_block(k, STEP), tile, sums);
    size_t slice = (size_t)blockIdx.z * m * n;
    write_bf16((float*)c + slice, c_type, m, n, alpha, accumulate, tile, sums);
}

#define MAT_MUL_BF16(form, a_k_last, b_k_last, a_width, b_width, b_any)                                            \
    extern "C" __global__ void __launch_bounds__(128, 2) mat_mul_##form##_bf16(                                    \
        const void* a, const void* b, void* c, int c_type, int m, int n, int k, float alpha, int accumulate) {     \
        mat_mul_bf16<a_k_last, b_k_last, BF16>(                                                                    \
            matrix(a, BF16, a_width), matrix(b, BF16, b_width), c, c_type, m, n, k, alpha, accumulate);            \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128, 2) mat_mul_##form##_coded(                                   \
        const void* a, const void* b, int b_type, void* c, int c_type, int m, int n, int k, float alpha,           \
        int accumulate) {                                                                                          \
        mat_mul_bf16<a_k_last, b_k_last, b_any>(                                                                   \
            matrix(a, BF16, a_width), matrix(b, b_type, b_width), c, c_type, m, n, k, alpha, accumulate);          \
    }

MAT_MUL_BF16(nt, true, true, k, k, ANY)
MAT_MUL_BF16(nn, true, false, k, n, ANY)
MAT_MUL_BF16(tn, false, false, m, n, DATA)

#define MAT_MUL_ROWS(rows)                                                                                         \
    extern "C" __global__ void __launch_bounds__(128) mat_mul_nt_rows##rows(                                       \
        const void* a, int a_type, const void* b, int b_type, void* c, int c_type, int m, int n, int k,            \
        float alpha, int accumulate) {                                                                             \
        product_rows<ANY, rows>(                                                                                   \
            matrix(a, a_type, k), matrix(b, b_type, k), c, c_type, m, n, k, alpha, accumulate);                    \
    }

MAT_MUL_ROWS(1)
MAT_MUL_ROWS(8)

// c[i] (+)= Σ_z slices[z][i], in the order of z.
extern "C" __global__ void mat_mul_slices(
    const float* slices, void* c, int c_type, int size, int count, int accumulate) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += gridDim.x * blockDim.x) {
        float sum = 0;
        for (int z = 0; z < count; z++) sum += slices[(size_t)z * size + i];
        write_value(c, c_type, i, accumulate, sum);
    }
}
