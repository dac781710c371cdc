// Weights of four bits to floats, as bitsandbytes stores them (Dettmers et al. 2023, arXiv:2305.14314, section 3).
//
//   w_i = code[q_i] a_b            b = i >> block_bits; byte j holds q of value 2j high, of value 2j + 1 low
//   a_b = absmax f32[b]            plain
//   a_b = map[absmax u8[b]] nested[b / 256] + offset        double-quantised
//
//   dynamic8   w_i = map[q_i] a_b + offset     codes of eight bits
//   select     y[n,:] = w[ids[n],:]            an index outside the table stops the kernel
//
// code f32[16] is NF4's or FP4's table, map f32[256] the dynamic map. Tables lie in shared memory, where the lanes of a
// warp read 16 words without conflict.

#include "values.cuh"

struct Plain {
    const float* absmax;
    __device__ float operator()(unsigned b) const { return absmax[b]; }
};

struct Nested {
    const unsigned char* absmax;
    const float* nested;
    const float* map;
    float offset;
    // Rounded twice, as on the CPU.
    __device__ float operator()(unsigned b) const { return __fadd_rn(__fmul_rn(map[absmax[b]], nested[b >> 8]), offset); }
};

// Eight values from the four bytes of `word`.
__device__ inline void eight(unsigned word, const float* code, float scale, float (&v)[8]) {
#pragma unroll
    for (int j = 0; j < 4; j++) {
        v[2 * j] = code[word >> (8 * j + 4) & 15] * scale;
        v[2 * j + 1] = code[word >> 8 * j & 15] * scale;
    }
}

template <class A, class T>
__device__ inline void dequantise(
    const unsigned char* q, const float* code_table, A absmax, int block_bits, T* y, int n) {
    constexpr int U = 4;
    __shared__ float code[16];
    if (threadIdx.x < 16) code[threadIdx.x] = code_table[threadIdx.x];
    __syncthreads();
    unsigned groups = aligned(y) && ((unsigned long long)q & 3) == 0 ? n / 8 : 0;
    unsigned stride = all_threads();
    for (unsigned g = global_thread(); g < groups; g += U * stride) {
        unsigned word[U];
        float scale[U];
#pragma unroll
        for (int u = 0; u < U; u++) {
            unsigned at = g + u * stride;
            if (at < groups) word[u] = ((const unsigned*)q)[at], scale[u] = absmax(at * 8 >> block_bits);
        }
#pragma unroll
        for (int u = 0; u < U; u++) {
            unsigned at = g + u * stride;
            if (at >= groups) break;
            float v[8];
            eight(word[u], code, scale[u], v);
            store<8>(v, y + at * 8);
        }
    }
    for (unsigned i = groups * 8 + global_thread(); i < n; i += stride) {
        int shift = i & 1 ? 0 : 4;
        from_float(code[q[i >> 1] >> shift & 15] * absmax(i >> block_bits), y[i]);
    }
}

template <class T>
__device__ inline void dequantise_nested(
    const unsigned char* q, const float* code, const unsigned char* absmax, const float* nested, const float* map_table,
    float offset, int block_bits, T* y, int n) {
    __shared__ float map[256];
    for (int i = threadIdx.x; i < 256; i += blockDim.x) map[i] = map_table[i];
    dequantise(q, code, Nested{absmax, nested, map, offset}, block_bits, y, n);
}

template <class T>
__device__ inline void dynamic8(
    const unsigned char* q, const float* map_table, const float* absmax, float offset, int block_bits, T* y, int n) {
    __shared__ float map[256];
    for (int i = threadIdx.x; i < 256; i += blockDim.x) map[i] = map_table[i];
    __syncthreads();
    for (unsigned i = global_thread(); i < n; i += all_threads()) {
        from_float(__fadd_rn(__fmul_rn(map[q[i]], absmax[i >> block_bits]), offset), y[i]);
    }
}

template <class T>
__device__ inline void index_select(
    const int* ids, const unsigned char* q, const float* code_table, const float* absmax, int block_bits, T* y, int n,
    int c, int limit) {
    __shared__ float code[16];
    if (threadIdx.x < 16) code[threadIdx.x] = code_table[threadIdx.x];
    __syncthreads();
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        int id = ids[row];
        if (id < 0 || id >= limit) __trap();
        for (int i = threadIdx.x; i < c; i += blockDim.x) {
            size_t at = (size_t)id * c + i;
            int shift = at & 1 ? 0 : 4;
            from_float(code[q[at >> 1] >> shift & 15] * absmax[at >> block_bits], y[(size_t)row * c + i]);
        }
    }
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void nf4_dynamic8_##TYPE( \
        const unsigned char* q, const float* map, const float* absmax, float offset, int block_bits, T* y, int n) { \
        dynamic8(q, map, absmax, offset, block_bits, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void nf4_index_select_##TYPE( \
        const int* ids, const unsigned char* q, const float* code, const float* absmax, int block_bits, T* y, int n, \
        int c, int limit) { \
        index_select(ids, q, code, absmax, block_bits, y, n, c, limit); \
    } \
    extern "C" __global__ __launch_bounds__(256) void nf4_##TYPE( \
        const unsigned char* q, const float* code, const float* absmax, int block_bits, T* y, int n) { \
        dequantise(q, code, Plain{absmax}, block_bits, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void nf4_nested_##TYPE( \
        const unsigned char* q, const float* code, const unsigned char* absmax, const float* nested, const float* map, \
        float offset, int block_bits, T* y, int n) { \
        dequantise_nested(q, code, absmax, nested, map, offset, block_bits, y, n); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
