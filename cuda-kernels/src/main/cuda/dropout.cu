// Inverted dropout: y_i = x_i / keep where hash(seed, i) reaches the threshold, else 0.
//
// hash(seed, i) = the upper 32 bits of the SplitMix64 finaliser of seed + (i + 1) 0x9E3779B97F4A7C15: Steele, Lea &
// Flood 2014, figure 15, with the constants of variant 13 by Stafford. Every device draws the same mask.

#include "map.cuh"

__device__ inline unsigned hash(unsigned long long seed, unsigned i) {
    unsigned long long z = seed + (i + 1ull) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (z ^ (z >> 31)) >> 32;
}

template <class T>
__device__ inline void dropout(
    const T* x, unsigned threshold, float keep, unsigned seed_low, unsigned seed_high, T* y, int n) {
    unsigned long long seed = (unsigned long long)seed_high << 32 | seed_low;
    map<1, 1, T>({x}, {y}, n, [=](const float* v, float* r, unsigned i) {
        r[0] = hash(seed, i) >= threshold ? v[0] / keep : 0;
    });
}

extern "C" __global__ __launch_bounds__(256) void dropout_f32(
    const float* x, unsigned threshold, float keep, unsigned seed_low, unsigned seed_high, float* y, int n) {
    dropout(x, threshold, keep, seed_low, seed_high, y, n);
}

extern "C" __global__ __launch_bounds__(256) void dropout_bf16(
    const bf16* x, unsigned threshold, float keep, unsigned seed_low, unsigned seed_high, bf16* y, int n) {
    dropout(x, threshold, keep, seed_low, seed_high, y, n);
}
