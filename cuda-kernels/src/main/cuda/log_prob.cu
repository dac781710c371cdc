// Log-probability of one given token per row of v logits z, and what else the row tells.
//
//   lse = log sum exp(z)      logp = z_target - lse      dz = dy ((1 - eps) 1[target] + eps/v - exp(z - lse))
//   entropy = log S - W / S   S = sum exp(z - m)         W = sum exp(z - m) (z - m)
//   collision = log Q - 2 log S   Q = sum exp(2 (z - m))
//
// One pass over memory: S, W and Q move to a larger m where one comes (Milakov & Gimelshein 2018, arXiv:1805.02867,
// algorithm 3), first in each thread, then from thread to thread. A block works on a row at a time.
// A target outside the row stops the kernel.

#include "math.cuh"
#include "rows.cuh"

constexpr float LEAST = -1e30f; // m of no logits or of minus infinity alone, so that z - m is never NaN

struct Sums {
    float m = LEAST, s = 0, w = 0, q = 0, z = 0;
    float top = __int_as_float(0xff800000); // the largest logit, and its first place
    int at = 0x7fffffff;
};

template <bool STATS>
__device__ inline void move_to(Sums& a, float m) {
    float factor = fast_exp(a.m - m);
    if (STATS) a.w = factor * fmaf(a.m - m, a.s, a.w);
    if (STATS) a.q *= factor * factor;
    a.s *= factor;
    a.m = m;
}

// The logits of a group that begins at place `first`; places ascend from call to call.
template <bool STATS, int V>
__device__ inline void add(Sums& a, const float (&z)[V], int first) {
    float largest = z[0];
#pragma unroll
    for (int j = 1; j < V; j++) largest = fmaxf(largest, z[j]);
    if (largest > a.m) move_to<STATS>(a, largest);
#pragma unroll
    for (int j = 0; j < V; j++) {
        float x = z[j] - a.m;
        float e = fast_exp(x);
        a.s += e;
        if (STATS) {
            if (e > 0) a.w = fmaf(e, x, a.w);
            a.q = fmaf(e, e, a.q);
            a.z += z[j];
            if (z[j] > a.top) a.top = z[j], a.at = first + j;
        }
    }
}

template <bool STATS>
__device__ inline void join(Sums& a, Sums b) {
    float m = fmaxf(a.m, b.m);
    move_to<STATS>(a, m);
    move_to<STATS>(b, m);
    a.s += b.s;
    if (STATS) {
        a.w += b.w;
        a.q += b.q;
        a.z += b.z;
        if (b.top > a.top || (b.top == a.top && b.at < a.at)) a.top = b.top, a.at = b.at;
    }
}

template <bool STATS>
__device__ inline void join_warp(Sums& a) {
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        Sums b;
        b.m = __shfl_down_sync(0xffffffffu, a.m, d);
        b.s = __shfl_down_sync(0xffffffffu, a.s, d);
        if (STATS) {
            b.w = __shfl_down_sync(0xffffffffu, a.w, d);
            b.q = __shfl_down_sync(0xffffffffu, a.q, d);
            b.z = __shfl_down_sync(0xffffffffu, a.z, d);
            b.top = __shfl_down_sync(0xffffffffu, a.top, d);
            b.at = __shfl_down_sync(0xffffffffu, a.at, d);
        }
        join<STATS>(a, b);
    }
}

// The block's sums, for its first thread.
template <bool STATS>
__device__ inline void join_block(Sums& a) {
    __shared__ float parts[6][32];
    __shared__ int places[32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    join_warp<STATS>(a);
    if (blockDim.x == 32) return;
    __syncthreads(); // the parts of the last row were read
    if (lane == 0) {
        parts[0][warp] = a.m, parts[1][warp] = a.s;
        if (STATS) {
            parts[2][warp] = a.w, parts[3][warp] = a.z, parts[4][warp] = a.top, parts[5][warp] = a.q;
            places[warp] = a.at;
        }
    }
    __syncthreads();
    if (warp > 0) return;
    a = Sums();
    if (lane < blockDim.x >> 5) {
        a.m = parts[0][lane], a.s = parts[1][lane];
        if (STATS) {
            a.w = parts[2][lane], a.z = parts[3][lane], a.top = parts[4][lane], a.q = parts[5][lane];
            a.at = places[lane];
        }
    }
    join_warp<STATS>(a);
}

template <bool STATS, int V, class T>
__device__ inline Sums row_sums(const T* z, int v) {
    constexpr int U = 4;
    Sums a;
    int groups = v / V, g = threadIdx.x;
    for (; g + (U - 1) * blockDim.x < groups; g += U * blockDim.x) {
        float x[U][V];
#pragma unroll
        for (int u = 0; u < U; u++) load<V>(z + (g + u * blockDim.x) * V, x[u]);
#pragma unroll
        for (int u = 0; u < U; u++) add<STATS, V>(a, x[u], (g + u * blockDim.x) * V);
    }
    for (; g < groups; g += blockDim.x) {
        float x[V];
        load<V>(z + g * V, x);
        add<STATS, V>(a, x, g * V);
    }
    join_block<STATS>(a);
    return a;
}

template <bool STATS, class T>
__device__ inline void forward(
    const T* logits, const int* targets, float* log_prob, float* lse, float* entropy, int* argmax, float* mean,
    float* collision, int n, int v) {
    bool whole = in_groups(v, logits);
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        int target = targets[row];
        if (target < 0 || target >= v) __trap();
        const T* z = logits + (size_t)row * v;
        Sums a = whole ? row_sums<STATS, LANES<T>>(z, v) : row_sums<STATS, 1>(z, v);
        if (threadIdx.x > 0) continue;
        float log_s = logf(a.s);
        lse[row] = a.m + log_s;
        log_prob[row] = to_float(z[target]) - a.m - log_s;
        if (STATS) {
            entropy[row] = log_s - a.w / a.s;
            argmax[row] = a.at == 0x7fffffff ? 0 : a.at;
            mean[row] = a.z / v;
            if (collision != nullptr) collision[row] = logf(a.q) - 2 * log_s;
        }
    }
}

// Groups of a row and of its gradient, which takes its place.
template <int V, class T>
__device__ inline void backward(
    const float* dy, const int* targets, const float* lse, T* logits, float smoothing, int n, int v) {
    constexpr int U = 4;
    int groups = v / V;
    int chunks = (groups + U * blockDim.x - 1) / (U * blockDim.x);
    for (long long item = blockIdx.x; item < (long long)n * chunks; item += gridDim.x) {
        int row = item / chunks;
        int first = (int)(item % chunks) * U * blockDim.x + threadIdx.x;
        int target = targets[row];
        if (target < 0 || target >= v) __trap();
        float d = dy[row], l = lse[row];
        float all = d * smoothing / v, hit = fmaf(d, 1 - smoothing, all);
        T* z = logits + (size_t)row * v;
        float x[U][V];
#pragma unroll
        for (int u = 0; u < U; u++)
            if (first + u * blockDim.x < groups) load<V>(z + (first + u * blockDim.x) * V, x[u]);
#pragma unroll
        for (int u = 0; u < U; u++) {
            int at = (first + u * blockDim.x) * V;
            if (first + u * blockDim.x >= groups) break;
#pragma unroll
            for (int j = 0; j < V; j++) x[u][j] = fmaf(fast_exp(x[u][j] - l), -d, at + j == target ? hit : all);
            store<V>(x[u], z + at);
        }
    }
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(1024) void log_prob_forward_##TYPE( \
        const T* logits, const int* targets, float* log_prob, float* lse, int n, int v) { \
        forward<false>(logits, targets, log_prob, lse, nullptr, nullptr, nullptr, nullptr, n, v); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void log_prob_forward_stats_##TYPE( \
        const T* logits, const int* targets, float* log_prob, float* lse, float* entropy, int* argmax, float* mean, \
        float* collision, int n, int v) { \
        forward<true>(logits, targets, log_prob, lse, entropy, argmax, mean, collision, n, v); \
    } \
    extern "C" __global__ __launch_bounds__(256) void log_prob_backward_##TYPE( \
        const float* dy, const int* targets, const float* lse, T* logits, float smoothing, int n, int v) { \
        if (in_groups(v, logits)) backward<LANES<T>>(dy, targets, lse, logits, smoothing, n, v); \
        else backward<1>(dy, targets, lse, logits, smoothing, n, v); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
