// Memory of every real type, and how consecutive values of it become floats.
//
//   Q8_0   f16 d, i8 q[32]            x = d q                  blocks of 32 values
//   Q4_0   f16 d, u8 q[16]            x = d (nibble - 8)       byte j: value j low, value j + 16 high
//   Q4_1   f16 d, f16 m, u8 q[16]     x = d nibble + m
#pragma once

#include "values.cuh"

struct Q8_0 {
    half d;
    unsigned short q[16]; // two values each: blocks lie at even addresses
};

struct Q4_0 {
    half d;
    unsigned short q[8];
};

struct Q4_1 {
    half d, m;
    unsigned short q[8];
};

template <class S>
constexpr bool IN_BLOCKS = false;
template <>
constexpr bool IN_BLOCKS<Q8_0> = true;
template <>
constexpr bool IN_BLOCKS<Q4_0> = true;
template <>
constexpr bool IN_BLOCKS<Q4_1> = true;

// Values i ... i + V - 1; of blocks V is 8 and i a multiple of it, of others as load says.
template <int V, class S>
__device__ inline void values_at(const S* from, size_t i, float (&v)[V]) {
    load<V>(from + i, v);
}

__device__ inline void values_at(const Q8_0* from, size_t i, float (&v)[8]) {
    const Q8_0& block = from[i / 32];
    float d = to_float(block.d);
#pragma unroll
    for (int j = 0; j < 4; j++) {
        unsigned two = block.q[i % 32 / 2 + j];
        v[2 * j] = d * (float)(signed char)two;
        v[2 * j + 1] = d * (float)(signed char)(two >> 8);
    }
}

// d nibble is exact, so that fused or not the sum is rounded once.
__device__ inline void nibbles(const unsigned short* q, size_t i, float d, float m, float (&v)[8]) {
    int shift = i % 32 < 16 ? 0 : 4;
#pragma unroll
    for (int j = 0; j < 4; j++) {
        unsigned two = q[i % 16 / 2 + j] >> shift;
        v[2 * j] = fmaf(d, (float)(two & 15), m);
        v[2 * j + 1] = fmaf(d, (float)(two >> 8 & 15), m);
    }
}

__device__ inline void values_at(const Q4_0* from, size_t i, float (&v)[8]) {
    const Q4_0& block = from[i / 32];
    float d = to_float(block.d);
    nibbles(block.q, i, d, -8 * d, v);
}

__device__ inline void values_at(const Q4_1* from, size_t i, float (&v)[8]) {
    const Q4_1& block = from[i / 32];
    nibbles(block.q, i, to_float(block.d), to_float(block.m), v);
}
