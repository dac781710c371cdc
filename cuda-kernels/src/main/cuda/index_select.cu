// Rows of a table by index, and the gradient of the table.
//
//   forward    y[n,:] = table[ids[n],:]            the table may have any real type
//   backward   dTable[ids[n],:] += dy[n,:], the n of one row in ascending order
//
// An index outside the table stops the kernel. Backward first links, for every n, the next one with the same index; a
// block that finds n to be the first of its index then follows the links and adds row after row.

#include "blocks.cuh"

__device__ inline int checked(const int* ids, int row, int limit) {
    int id = ids[row];
    if (id < 0 || id >= limit) __trap();
    return id;
}

template <int V, class S, class T>
__device__ inline void rows(const int* ids, const S* table, T* y, int n, int c, int limit) {
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        size_t from = (size_t)checked(ids, row, limit) * c;
        T* to = y + (size_t)row * c;
#pragma unroll 4
        for (int i = threadIdx.x * V; i < c; i += blockDim.x * V) {
            float v[V];
            values_at(table, from + i, v);
            store<V>(v, to + i);
        }
    }
}

// Blocks of 32 values fill a row of them, of which eight at a time become the output's.
template <class S, class T>
__device__ inline void forward(const int* ids, const S* table, T* y, int n, int c, int limit) {
    if constexpr (IN_BLOCKS<S>) {
        if (aligned(y)) rows<8>(ids, table, y, n, c, limit);
        else __trap(); // rows are multiples of 64 bytes, and tensors begin at such addresses
    } else {
        constexpr int V = LANES<S> > LANES<T> ? LANES<S> : LANES<T>;
        if (c % V == 0 && aligned(table, y)) rows<V>(ids, table, y, n, c, limit);
        else rows<1>(ids, table, y, n, c, limit);
    }
}

#define FORWARD(S, FROM, T, TO) \
    extern "C" __global__ __launch_bounds__(256) void index_select_forward_##FROM##_##TO( \
        const int* ids, const S* table, T* y, int n, int c, int limit) { \
        forward(ids, table, y, n, c, limit); \
    }

#define FORWARD_FROM(S, FROM) FORWARD(S, FROM, float, f32) FORWARD(S, FROM, bf16, bf16)

FORWARD_FROM(float, f32)
FORWARD_FROM(bf16, bf16)
FORWARD_FROM(half, f16)
FORWARD_FROM(Q8_0, q8_0)
FORWARD_FROM(Q4_0, q4_0)
FORWARD_FROM(Q4_1, q4_1)

// links[i] = the next place with the same index, or n; its complement where an earlier place has that index.
extern "C" __global__ __launch_bounds__(256) void index_select_links(const int* ids, int* links, int n, int limit) {
    __shared__ int tile[256];
    for (int first = blockIdx.x * 256; first < n; first += gridDim.x * 256) {
        int place = first + threadIdx.x;
        int id = place < n ? checked(ids, place, limit) : -1;
        int next = n;
        bool repeated = false;
        for (int from = 0; from < n; from += 256) {
            __syncthreads(); // the last tile was read
            if (from + threadIdx.x < n) tile[threadIdx.x] = ids[from + threadIdx.x];
            __syncthreads();
            int end = min(256, n - from);
#pragma unroll 8
            for (int i = 0; i < end; i++) {
                bool same = tile[i] == id;
                repeated |= same && from + i < place;
                if (same && from + i > place) next = min(next, from + i);
            }
        }
        if (place < n) links[place] = repeated ? ~next : next;
    }
}

template <int V, class T>
__device__ inline void add_rows(const int* ids, const int* links, const T* dy, float* d_table, int n, int c) {
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        if (links[row] < 0) continue;
        float* to = d_table + (size_t)ids[row] * c;
        for (int i = threadIdx.x * V; i < c; i += blockDim.x * V) {
            float sum[V];
            load<V>(to + i, sum);
            for (int at = row; at < n;) {
                float d[V];
                load<V>(dy + (size_t)at * c + i, d);
#pragma unroll
                for (int j = 0; j < V; j++) sum[j] += d[j];
                int link = links[at];
                at = link < 0 ? ~link : link;
            }
            store<V>(sum, to + i);
        }
    }
}

#define BACKWARD(T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void index_select_backward_##TYPE( \
        const int* ids, const int* links, const T* dy, float* d_table, int n, int c) { \
        if (c % LANES<T> == 0 && aligned(dy, d_table)) add_rows<LANES<T>>(ids, links, dy, d_table, n, c); \
        else add_rows<1>(ids, links, dy, d_table, n, c); \
    }

BACKWARD(float, f32)
BACKWARD(bf16, bf16)
