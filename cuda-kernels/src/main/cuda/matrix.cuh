// A matrix in memory of any real type, row-major, and how eight consecutive values of a row become floats.
//
//   Q8_0, Q4_0, Q4_1              as in blocks.cuh
//   NF4    u8 q, f32 absmax           x = absmax table[nibble] byte j: value 2j high, value 2j + 1 low
#pragma once

#include "blocks.cuh"

// ANY is known at run time, one of those before NF4; DATA too, F32 or BF16.
enum Type { F32, F16, BF16, Q8_0, Q4_0, Q4_1, NF4, ANY, DATA };

struct Matrix {
    const void* data;
    int type;   // a Type
    int width;  // values of a row; of NF4: a multiple of 8
    // of NF4 alone:
    const float* absmax;  // one per block
    int shift;            // a block has 2^shift values, at least 8, counted through all rows
    const float* table;   // value of each code, in shared memory, where each lane may read another one
};

__device__ inline Matrix matrix(const void* data, int type, int width) {
    return {data, type, width, nullptr, 0, nullptr};
}

__device__ inline bool aligned16(const void* p) { return ((unsigned long long)p & 15) == 0; }

__device__ inline void nf4_eight(const Matrix& a, size_t at, float (&x)[8]) {
    unsigned q = *(const unsigned*)((const unsigned char*)a.data + at / 2);
    float absmax = a.absmax[at >> a.shift];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        x[2 * i] = absmax * a.table[q >> (8 * i + 4) & 15];
        x[2 * i + 1] = absmax * a.table[q >> (8 * i) & 15];
    }
}

// Values column ... column + 7 of a row, zero from the first that is not there on: `there` of them are, column is a
// multiple of 8. TYPE is known to the compiler, or ANY, or DATA.
template <int TYPE>
__device__ inline void eight(const Matrix& a, int row, int column, int there, float (&x)[8]) {
    int type = TYPE == ANY || TYPE == DATA ? a.type : TYPE;
#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = 0;
    if (there <= 0) return;
    size_t at = (size_t)row * a.width + column;
    if (TYPE == NF4) {
        nf4_eight(a, at, x);
    } else if (type == F32) {
        const float* p = (const float*)a.data + at;
        if (there >= 8 && aligned16(p)) {
            float4 low = *(const float4*)p, high = *(const float4*)(p + 4);
            x[0] = low.x, x[1] = low.y, x[2] = low.z, x[3] = low.w;
            x[4] = high.x, x[5] = high.y, x[6] = high.z, x[7] = high.w;
            return;
        }
#pragma unroll
        for (int i = 0; i < 8; i++) if (i < there) x[i] = p[i];
    } else if (TYPE == DATA || type == BF16) {
        const bf16* p = (const bf16*)a.data + at;
        if (there >= 8 && aligned16(p)) {
            uint4 w = *(const uint4*)p;
            x[0] = low_of(w.x, bf16{}), x[1] = high_of(w.x, bf16{}), x[2] = low_of(w.y, bf16{});
            x[3] = high_of(w.y, bf16{}), x[4] = low_of(w.z, bf16{}), x[5] = high_of(w.z, bf16{});
            x[6] = low_of(w.w, bf16{}), x[7] = high_of(w.w, bf16{});
            return;
        }
#pragma unroll
        for (int i = 0; i < 8; i++) if (i < there) x[i] = to_float(p[i]);
    } else if (type == F16) {
        const half* p = (const half*)a.data + at;
#pragma unroll
        for (int i = 0; i < 8; i++) if (i < there) x[i] = to_float(p[i]);
    } else if (type == Q8_0) {
        values_at((const struct Q8_0*)a.data, at, x);
    } else if (type == Q4_0) {
        values_at((const struct Q4_0*)a.data, at, x);
    } else {
        values_at((const struct Q4_1*)a.data, at, x);
    }
}
