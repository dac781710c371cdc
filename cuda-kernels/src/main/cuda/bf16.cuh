// 16-bit floats in memory, f32 in registers.
#pragma once

struct bf16 {
    unsigned short bits;
};

struct half {
    unsigned short bits;
};

__device__ inline float to_float(float x) { return x; }

__device__ inline float to_float(bf16 x) { return __uint_as_float((unsigned)x.bits << 16); }

__device__ inline float to_float(half x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}

__device__ inline void from_float(float x, float& y) { y = x; }

__device__ inline void from_float(float x, bf16& y) { asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x)); }

__device__ inline void from_float(float x, half& y) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x)); }

// Two values in one word, `low` at the lower address.
__device__ inline unsigned pair(float low, float high, bf16) {
    unsigned word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
}

__device__ inline unsigned pair(float low, float high, half) {
    unsigned word;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
}

__device__ inline float low_of(unsigned word, bf16) { return __uint_as_float(word << 16); }
__device__ inline float high_of(unsigned word, bf16) { return __uint_as_float(word & 0xffff0000u); }
__device__ inline float low_of(unsigned word, half) { return to_float(half{(unsigned short)word}); }
__device__ inline float high_of(unsigned word, half) { return to_float(half{(unsigned short)(word >> 16)}); }
