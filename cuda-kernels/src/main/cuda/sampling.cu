// The next token from logits z [n, v]. A block works on a row at a time.
//
//   argmax   the first token of the largest logit
//   draw     of the tokens that are kept the first, in their order, whose running sum of weights exceeds u times the sum
//            of them all
//
//   w = 2^40 exp((z - m) / temperature)     m the largest logit
//
// Weights are whole numbers: their sums are exact, so atomics may add them in any order. Every token has a code that
// says where it stands: first how far its logit falls, where the likeliest are kept, then its number. The token at which
// a running sum exceeds a target is found digit by digit of its code: what the tokens weigh that share a digit, for each
// of its values, tells which one the token has (radix selection).

#include "math.cuh"
#include "rows.cuh"

typedef unsigned long long u64;

constexpr int FIRST = 11, LATER = 10; // bits of the first digit, and of the others
constexpr int LOGIT = 32, CODE = 63;  // bits below the logit's, and all

struct Best {
    float z = __int_as_float(0xff800000);
    int at = 0x7fffffff;
    __device__ bool loses_to(float other, int place) const { return other > z || (other == z && place < at); }
};

// The block's best, for every thread.
__device__ inline Best best_of_block(Best b) {
    __shared__ float values[32];
    __shared__ int places[32];
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        float z = __shfl_xor_sync(0xffffffffu, b.z, d);
        int at = __shfl_xor_sync(0xffffffffu, b.at, d);
        if (b.loses_to(z, at)) b.z = z, b.at = at;
    }
    if (blockDim.x == 32) return b;
    __syncthreads(); // what the last call left was read
    if ((threadIdx.x & 31) == 0) values[threadIdx.x >> 5] = b.z, places[threadIdx.x >> 5] = b.at;
    __syncthreads();
    for (int w = 0; w < blockDim.x >> 5; w++)
        if (b.loses_to(values[w], places[w])) b.z = values[w], b.at = places[w];
    return b;
}

template <int V, class T>
__device__ inline Best best_of_row(const T* z, int v) {
    Best b;
#pragma unroll 4
    for (int g = threadIdx.x; g < v / V; g += blockDim.x) {
        float x[V];
        load<V>(z + g * V, x);
#pragma unroll
        for (int j = 0; j < V; j++)
            if (x[j] > b.z || b.at == 0x7fffffff) b.z = x[j], b.at = g * V + j;
    }
    return best_of_block(b);
}

template <class T>
__device__ inline Best best(const T* z, int v) {
    return in_groups(v, z) ? best_of_row<LANES<T>>(z, v) : best_of_row<1>(z, v);
}

template <class T>
__device__ inline void argmax(const T* logits, int* tokens, int n, int v) {
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        Best b = best(logits + (size_t)row * v, v);
        if (threadIdx.x == 0) tokens[row] = b.at;
    }
}

// 31 bits that ascend as floats fall; two floats a last bit apart may share them.
__device__ inline unsigned falling(float x) {
    unsigned bits = __float_as_uint(x);
    return (bits & 0x80000000u ? bits : ~bits & 0x7fffffffu) >> 1;
}

template <class T>
struct Logits {
    const T* z;
    int v;
    float largest, inverse; // of the temperature
    bool by_logit;

    __device__ u64 weight(int token) const {
        return (u64)(fast_exp((to_float(z[token]) - largest) * inverse) * 1099511627776.0f);
    }
    __device__ u64 code(int token) const {
        return by_logit ? (u64)falling(to_float(z[token])) << LOGIT | token : token;
    }
};

// Codes from `from` on that share all but their lowest `bits` bits with it.
struct Codes {
    u64 from;
    int bits;
    __device__ bool hold(u64 code) const { return code >> bits == from >> bits; }
    __device__ bool reach(u64 code) const { return code >> bits <= from >> bits; }
};

// Bits below the next digit of codes that share all but `bits` bits.
template <class T>
__device__ inline int below(const Logits<T>& z, int bits) {
    int width = bits == CODE ? FIRST : LATER;
    if (z.by_logit && bits > LOGIT) return bits - width;
    int shift = 0; // below the first digit of tokens
    while (z.v - 1 >> shift + width) shift += LATER;
    return min(shift, bits - LATER);
}

// By the values of a digit: what its tokens weigh, and how many they are.
struct Bins {
    u64* weights;
    int* counts;
    int digits;
};

// Of the tokens with these codes, by the digit that `shift` bits stand below.
template <class T>
__device__ inline void fill(Bins bins, const Logits<T>& z, Codes codes, int shift) {
    for (int d = threadIdx.x; d < bins.digits; d += blockDim.x) bins.weights[d] = 0, bins.counts[d] = 0;
    __syncthreads();
    bool together = shift >= 5 && shift < LOGIT; // the lanes of a warp, whose tokens are neighbours, share their digit
    for (int from = 0; from < z.v; from += blockDim.x) {
        int i = from + threadIdx.x;
        u64 code = i < z.v ? z.code(i) : 0;
        bool counts = i < z.v && codes.hold(code);
        u64 weight = counts ? z.weight(i) : 0;
        int count = counts;
        if (together) {
            weight = over_warp<Sum>(weight), count = over_warp<Sum>(count);
            code = i, counts = threadIdx.x % 32 == 0 && count > 0;
        }
        int digit = code >> shift & bins.digits - 1;
        if (counts) atomicAdd(&bins.weights[digit], weight), atomicAdd(&bins.counts[digit], count);
    }
    __syncthreads();
}

// The sum of x over the threads up to this one. Between two calls there is a barrier.
__device__ inline u64 running_sum(u64 x) {
    __shared__ u64 totals[32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int d = 1; d < 32; d <<= 1) {
        u64 before = __shfl_up_sync(0xffffffffu, x, d);
        if (lane >= d) x += before;
    }
    if (lane == 31) totals[warp] = x;
    __syncthreads();
    for (int w = 0; w < warp; w++) x += totals[w];
    return x;
}

// Narrows `codes` to the value of the next digit at which the running sum exceeds `target`, and takes from the target
// what lies before it. Returns how many tokens are left.
__device__ inline int narrow(Bins bins, int shift, bool by_count, Codes& codes, u64& target) {
    __shared__ int chosen, left;
    __shared__ u64 passed;
    auto in = [&](int d) { return by_count ? (u64)bins.counts[d] : bins.weights[d]; };
    int each = max(1, bins.digits / (int)blockDim.x), first = threadIdx.x * each;
    u64 mine = 0;
    for (int d = first; d < min(bins.digits, first + each); d++) mine += in(d);
    u64 sum = running_sum(mine), before = sum - mine;
    if (before <= target && target < sum) {
        int d = first;
        for (; before + in(d) <= target; d++) before += in(d);
        chosen = d, left = bins.counts[d], passed = before;
    }
    __syncthreads();
    codes = {codes.from | (u64)chosen << shift, shift};
    target -= passed;
    return left;
}

// Codes of the one token at which the running sum of weights, or of tokens, exceeds `target`.
template <class T>
__device__ inline Codes search(const Logits<T>& z, Bins first, bool by_count, u64 target) {
    __shared__ u64 weights[1 << LATER];
    __shared__ int counts[1 << LATER];
    Bins later = {weights, counts, 1 << LATER};
    Codes codes = {0, CODE};
    int left = narrow(first, below(z, CODE), by_count, codes, target);
    while (left > 1) {
        int shift = below(z, codes.bits);
        fill(later, z, codes, shift);
        left = narrow(later, shift, by_count, codes, target);
    }
    return codes;
}

// Of tokens up to `last`, and not below `least`.
template <class T>
__device__ inline u64 weight_up_to(const Logits<T>& z, Codes last, float least) {
    u64 sum = 0;
    for (int i = threadIdx.x; i < z.v; i += blockDim.x)
        if (to_float(z.z[i]) >= least && last.reach(z.code(i))) sum += z.weight(i);
    return over_block<Sum>(sum);
}

// u and p are fractions of 2^64; k = 0 and p = 0 keep all. A kept token is at most `depth` below the largest logit:
// since tokens are in the order of their logits then, those kept are the first ones, and come first in every sum.
template <class T>
__device__ inline void draw(
    const T* logits, const u64* u, int k, u64 p, float depth, float inverse, int* tokens, int n, int v) {
    __shared__ u64 weights[1 << FIRST];
    __shared__ int counts[1 << FIRST];
    Bins first = {weights, counts, 1 << FIRST};
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        const T* values = logits + (size_t)row * v;
        Logits<T> z = {values, v, best(values, v).z, inverse, k > 0 || p > 0 || depth < __int_as_float(0x7f800000)};
        float least = z.largest - depth;
        Codes last = {0, CODE};
        fill(first, z, last, below(z, CODE));
        if (k > 0 && k < v) last = search(z, first, true, k - 1);
        u64 kept = weight_up_to(z, last, p > 0 ? __int_as_float(0xff800000) : least);
        if (p > 0) { // the first sum that is p · kept or more
            u64 target = __umul64hi(p, kept) - (p * kept == 0);
            kept = weight_up_to(z, search(z, first, false, target), least);
        }
        Codes drawn = search(z, first, false, __umul64hi(u[row], kept));
        for (int i = threadIdx.x; i < v; i += blockDim.x)
            if (drawn.hold(z.code(i))) tokens[row] = i;
    }
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(1024) void sampling_argmax_##TYPE( \
        const T* logits, int* tokens, int n, int v) { \
        argmax(logits, tokens, n, v); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void sampling_draw_##TYPE( \
        const T* logits, const u64* u, int k, u64 p, float depth, float inverse_temperature, int* tokens, int n, int v) { \
        draw(logits, u, k, p, depth, inverse_temperature, tokens, n, v); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
