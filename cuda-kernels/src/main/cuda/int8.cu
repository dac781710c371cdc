// Weights of eight bits with one scale a row to floats (LLM.int8: Dettmers et al. 2022, arXiv:2208.07339, section 2).
//
//   w_i = q_i (absmax_r / 127)        r = i / columns; the quotient is rounded first, as on the CPU

#include "values.cuh"

template <class T>
__device__ inline void decode(const signed char* q, const float* absmax, int columns, T* y, int n) {
    for (unsigned i = global_thread(); i < n; i += all_threads()) {
        from_float((float)q[i] * (absmax[i / columns] * (1 / 127.0f)), y[i]);
    }
}

extern "C" __global__ __launch_bounds__(256) void int8_f32(
    const signed char* q, const float* absmax, int columns, float* y, int n) {
    decode(q, absmax, columns, y, n);
}

extern "C" __global__ __launch_bounds__(256) void int8_bf16(
    const signed char* q, const float* absmax, int columns, bf16* y, int n) {
    decode(q, absmax, columns, y, n);
}
