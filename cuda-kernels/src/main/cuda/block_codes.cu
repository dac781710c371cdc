// Values as codes of eight bits, Dettmers et al. 2022 (arXiv:2110.02861), section 2.1: the states of optimisers.
//
//   encode:  absmax_b = max |x| over block b      q_i = the code whose number is nearest to x_i / absmax_b, 0 where
//                                                 absmax_b = 0; in the middle the smaller one
//   decode:  x_i = map[q_i] absmax_b              b = i / 256
//
// A block of 256 threads works on a block of values at a time, a thread on one of them. map f32[256] ascends; it lies in
// shared memory.

#include "reduce.cuh"

constexpr int BLOCK = 256;

// The number of bounds between neighbours that lie below x.
__device__ inline int nearest(float x, const float* map) {
    int code = 0;
#pragma unroll
    for (int step = 128; step > 0; step >>= 1) {
        int at = code + step;
        if (x > __fmul_rn(__fadd_rn(map[at - 1], map[at]), 0.5f)) code = at;
    }
    return code;
}

extern "C" __global__ __launch_bounds__(256) void block_codes_encode_f32(
    const float* x, const float* map_table, unsigned char* q, float* absmax, int n) {
    __shared__ float map[BLOCK];
    map[threadIdx.x] = map_table[threadIdx.x];
    __syncthreads();
    int blocks = (n - 1) / BLOCK + 1;
    for (int b = blockIdx.x; b < blocks; b += gridDim.x) {
        int i = b * BLOCK + threadIdx.x;
        float v = i < n ? x[i] : 0;
        float most = over_block<Max>(fabsf(v));
        if (threadIdx.x == 0) absmax[b] = most;
        if (i < n) q[i] = most == 0 ? 0 : nearest(__fdiv_rn(v, most), map);
    }
}

extern "C" __global__ __launch_bounds__(256) void block_codes_decode_f32(
    const unsigned char* q, const float* absmax, const float* map_table, float* x, int n) {
    __shared__ float map[BLOCK];
    map[threadIdx.x] = map_table[threadIdx.x];
    __syncthreads();
    int blocks = (n - 1) / BLOCK + 1;
    for (int b = blockIdx.x; b < blocks; b += gridDim.x) {
        int i = b * BLOCK + threadIdx.x;
        if (i < n) x[i] = __fmul_rn(map[q[i]], absmax[b]);
    }
}
