// How a tile of results gets from shared memory to a matrix of f32 or bf16.
#pragma once

#include "matrix.cuh"
#include "tiles.cuh"

__device__ inline void write_value(void* c, int type, size_t at, bool add, float x) {
    if (type == F32) {
        float* to = (float*)c + at;
        *to = add ? *to + x : x;
    } else {
        bf16* to = (bf16*)c + at;
        from_float(add ? to_float(*to) + x : x, *to);
    }
}

// c (+)= rows: `count` rows of 128 values, PITCH apart. Every thread of the block takes part with four values at a
// time, neighbours write neighbours.
template <int PITCH>
__device__ inline void write_rows(
    const float* rows, int count, void* c, int type, int m, int n, bool add, Tile tile) {
    bool whole = n % 4 == 0 && aligned16(c) && !add;
    for (int i = threadIdx.x; i < count * 32; i += blockDim.x) {
        int row = tile.row + i / 32, column = tile.column + i % 32 * 4;
        if (row >= m || column >= n) continue;
        size_t at = (size_t)row * n + column;
        float4 x = *(const float4*)(rows + i / 32 * PITCH + i % 32 * 4);
        if (whole && type == F32) {
            *(float4*)((float*)c + at) = x;
        } else if (whole) {
            *(uint2*)((bf16*)c + at) = make_uint2(pair(x.x, x.y, bf16{}), pair(x.z, x.w, bf16{}));
        } else {
            write_value(c, type, at, add, x.x);
            if (column + 1 < n) write_value(c, type, at + 1, add, x.y);
            if (column + 2 < n) write_value(c, type, at + 2, add, x.z);
            if (column + 3 < n) write_value(c, type, at + 3, add, x.w);
        }
    }
}
