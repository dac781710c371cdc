// Sums and maxima over the threads of a block, whose number is a multiple of 32. Every thread gets the result; the
// order of additions depends on the number of threads alone.
#pragma once

struct Sum {
    template <class X>
    __device__ static X join(X a, X b) { return a + b; }
    __device__ static float none() { return 0; }
};

struct Max {
    __device__ static float join(float a, float b) { return fmaxf(a, b); }
    __device__ static float none() { return __int_as_float(0xff800000); }
};

template <class Op, class X>
__device__ inline X over_warp(X x) {
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) x = Op::join(x, __shfl_xor_sync(0xffffffffu, x, d));
    return x;
}

// N reductions at once.
template <class Op, int N, class X>
__device__ inline void over_block(X (&x)[N]) {
    __shared__ X parts[N][32];
#pragma unroll
    for (int k = 0; k < N; k++) x[k] = over_warp<Op>(x[k]);
    if (blockDim.x == 32) return;
    int lane = threadIdx.x & 31;
    __syncthreads(); // parts of the last call were read
    if (lane == 0)
#pragma unroll
        for (int k = 0; k < N; k++) parts[k][threadIdx.x >> 5] = x[k];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < N; k++) x[k] = over_warp<Op>(lane < blockDim.x >> 5 ? parts[k][lane] : (X)Op::none());
}

template <class Op, class X>
__device__ inline X over_block(X x) {
    X all[1] = {x};
    over_block<Op, 1>(all);
    return all[0];
}
