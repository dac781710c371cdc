// The next token from logits z [n, v]. A block works on a row at a time.
//
//   argmax     the first token of the largest logit
//   draw       a token of softmax(z / temperature): the first whose running sum of exp((z - m) / temperature) exceeds
//              u times the whole sum, m the largest logit, u in [0, 1) one a row
//   largest    the k largest logits in falling order, ties by token: what top-k and top-p choose from
//
// Running sums are taken tile by tile, then within the tile that u falls in, so that a draw reads the row three times,
// twice from the cache. The k largest are found by their bits, eight at a time from the top: counting how many logits
// share each value of the next eight bits tells which of them the k-th has (radix selection).

#include "math.cuh"
#include "rows.cuh"

constexpr int TILES = 1024; // of a row, at most
constexpr int MOST = 1024;  // candidates

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

// The sum of x over the threads up to this one.
__device__ inline float running_sum(float x) {
    __shared__ float totals[32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int d = 1; d < 32; d <<= 1) {
        float before = __shfl_up_sync(0xffffffffu, x, d);
        if (lane >= d) x += before;
    }
    __syncthreads(); // totals of the last call were read
    if (lane == 31) totals[warp] = x;
    __syncthreads();
    for (int w = 0; w < warp; w++) x += totals[w];
    return x;
}

template <class T>
__device__ inline void draw(const T* logits, float inverse, const float* u, int* tokens, int n, int v) {
    __shared__ float sums[TILES];
    __shared__ int chosen;
    __shared__ float left;
    int tile = (v + TILES - 1) / TILES;
    tile = (tile + blockDim.x - 1) / blockDim.x * blockDim.x;
    int tiles = (v + tile - 1) / tile;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        const T* z = logits + (size_t)row * v;
        float m = best(z, v).z;
        for (int t = 0; t < tiles; t++) {
            float sum = 0;
            for (int i = t * tile + threadIdx.x; i < min(v, (t + 1) * tile); i += blockDim.x)
                sum += fast_exp((to_float(z[i]) - m) * inverse);
            sum = over_block<Sum>(sum);
            if (threadIdx.x == 0) sums[t] = sum;
        }
        if (threadIdx.x == 0) {
            float whole = 0;
            for (int t = 0; t < tiles; t++) whole += sums[t];
            float rest = u[row] * whole;
            int t = 0;
            for (; t < tiles - 1 && rest >= sums[t]; t++) rest -= sums[t];
            left = rest;
            chosen = t * tile;
            tokens[row] = -1;
        }
        __syncthreads();
        float rest = left;
        int start = chosen;
        int end = min(v, start + tile);
        int token = v;      // the first of this thread's whose running sum exceeds the rest
        int last = start;   // where rounding leaves none: the last that has a share
        float before = 0;
        for (int i = start + threadIdx.x; i - threadIdx.x < end; i += blockDim.x) {
            float share = i < end ? fast_exp((to_float(z[i]) - m) * inverse) : 0;
            float upto = before + running_sum(share);
            if (share > 0) {
                last = i;
                if (upto > rest && token == v) token = i;
            }
            before += over_block<Sum>(share);
        }
        float places[2] = {(float)-token, (float)last}; // exact: fewer than 2^24 tokens
        over_block<Max>(places);
        if (threadIdx.x == 0) tokens[row] = -places[0] < v ? (int)-places[0] : (int)places[1];
        __syncthreads();
    }
}

// Numbers that ascend as floats do; -0 is 0.
__device__ inline unsigned ascending(float x) {
    unsigned bits = __float_as_uint(x + 0.0f);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

// The key of the k-th largest logit of a row, and how many logits with that very key are among the k.
template <class T>
__device__ inline unsigned kth_key(const T* z, int v, int k, int& ties) {
    __shared__ int counts[256];
    __shared__ unsigned prefix;
    __shared__ int rest;
    if (threadIdx.x == 0) prefix = 0, rest = k;
    for (int shift = 24; shift >= 0; shift -= 8) {
        for (int i = threadIdx.x; i < 256; i += blockDim.x) counts[i] = 0;
        __syncthreads();
        unsigned above = shift == 24 ? 0 : ~0u << (shift + 8);
        unsigned known = prefix;
        for (int i = threadIdx.x; i < v; i += blockDim.x) {
            unsigned key = ascending(to_float(z[i]));
            if ((key & above) == known) atomicAdd(&counts[key >> shift & 255], 1);
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            int digit = 255;
            for (; digit > 0 && rest > counts[digit]; digit--) rest -= counts[digit];
            prefix = known | (unsigned)digit << shift;
        }
        __syncthreads();
    }
    ties = rest;
    return prefix;
}

// Writes candidates with a key above `key`, and the first `ties` with that key, in the order of their tokens.
template <class T>
__device__ inline void collect(const T* z, int v, unsigned key, int ties, unsigned long long* found) {
    int above = 0, equal = 0; // found before this stretch of the row
    for (int from = 0; from < v; from += blockDim.x) {
        int i = from + threadIdx.x;
        unsigned mine = i < v ? ascending(to_float(z[i])) : 0;
        bool is_above = i < v && mine > key, is_equal = i < v && mine == key;
        int rank_above = (int)running_sum(is_above), rank_equal = (int)running_sum(is_equal);
        unsigned long long entry = (unsigned long long)~mine << 32 | (unsigned)i; // ascends as logits fall
        int tie = equal + rank_equal - 1;
        if (is_above) found[ties + above + rank_above - 1] = entry;
        if (is_equal && tie < ties) found[tie] = entry;
        above += (int)over_block<Sum>((float)is_above);
        equal += (int)over_block<Sum>((float)is_equal);
    }
}

// Sorts `size` entries, a power of two, by the bitonic network.
__device__ inline void sort(unsigned long long* entries, int size) {
    for (int run = 2; run <= size; run <<= 1) {
        for (int apart = run >> 1; apart > 0; apart >>= 1) {
            __syncthreads();
            for (int i = threadIdx.x; i < size / 2; i += blockDim.x) {
                int low = 2 * i - (i & (apart - 1)), high = low + apart;
                unsigned long long a = entries[low], b = entries[high];
                if ((a > b) == ((low & run) == 0)) entries[low] = b, entries[high] = a;
            }
        }
    }
    __syncthreads();
}

template <class T>
__device__ inline void largest(const T* logits, int k, float* values, int* tokens, int n, int v) {
    __shared__ unsigned long long found[MOST];
    int size = 1;
    while (size < k) size <<= 1;
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        const T* z = logits + (size_t)row * v;
        for (int i = threadIdx.x; i < size; i += blockDim.x) found[i] = ~0ull;
        int ties;
        unsigned key = kth_key(z, v, k, ties);
        collect(z, v, key, ties, found);
        sort(found, size);
        for (int i = threadIdx.x; i < k; i += blockDim.x) {
            int token = (int)found[i];
            tokens[(size_t)row * k + i] = token;
            values[(size_t)row * k + i] = to_float(z[token]);
        }
        __syncthreads();
    }
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(1024) void sampling_argmax_##TYPE( \
        const T* logits, int* tokens, int n, int v) { \
        argmax(logits, tokens, n, v); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void sampling_draw_##TYPE( \
        const T* logits, float inverse_temperature, const float* u, int* tokens, int n, int v) { \
        draw(logits, inverse_temperature, u, tokens, n, v); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void sampling_largest_##TYPE( \
        const T* logits, int k, float* values, int* tokens, int n, int v) { \
        largest(logits, k, values, tokens, n, v); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
