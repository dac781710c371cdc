// Matrix products with a weight whose type the compiler knows and whose scales lie beside it: every block computes one
// tile, on f32 units or, from bf16 rows of multiples of 16 bytes, on tensor cores.
#pragma once

#include "gemm_bf16.cuh"
#include "gemm_f32.cuh"

template <int TYPE, bool K_LAST>
__device__ inline void coded_any(
    const Matrix& a, const Matrix& w, void* c, int c_type, int m, int n, int k, float alpha, int accumulate) {
    __shared__ SharedF32 shared;
    Tile tile = tile_of_block(m, n, SIDE);
    float sums[8][8] = {};
    product_f32<true, DATA, K_LAST, TYPE>(shared, a, w, m, n, {0, k}, alpha, tile, sums);
    write_f32(shared, c, c_type, m, n, accumulate, tile, sums);
}

template <int TYPE, bool K_LAST>
__device__ inline void coded_bf16(
    const Matrix& a, const Matrix& w, void* c, int c_type, int m, int n, int k, float alpha, int accumulate) {
    Tile tile = tile_of_block(m, n, SIDE);
    float sums[4][8][4] = {};
    product_bf16<true, K_LAST, TYPE>(a, w, m, n, {0, k}, tile, sums);
    write_bf16(c, c_type, m, n, alpha, accumulate, tile, sums);
}
