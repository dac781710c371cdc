// Values to other places, unchanged: of 1, 2, 4 or 8 bytes.
//
//   copy       y[to + i0 t0 + ... + i5 t5] = x[from + i0 f0 + ... + i5 f5], i5 varying fastest from thread to thread
//   put_rows   y[ids[i],j] = x[i,j]            an id outside y stops the kernel

#include "grid.cuh"

// Extents d, distances f in x and t in y, of six axes, and where the first value lies.
#define PLACES \
    int d1, int d2, int d3, int d4, int d5, int from, int f0, int f1, int f2, int f3, int f4, int f5, int to, int t0, \
    int t1, int t2, int t3, int t4, int t5

#define ENTRIES(W, BYTES) \
    extern "C" __global__ __launch_bounds__(256) void layout_copy_##BYTES(const W* x, W* y, PLACES, int n) { \
        for (unsigned g = global_thread(); g < n; g += all_threads()) { \
            unsigned i = g; \
            unsigned i5 = i % d5; \
            i /= d5; \
            unsigned i4 = i % d4; \
            i /= d4; \
            unsigned i3 = i % d3; \
            i /= d3; \
            unsigned i2 = i % d2; \
            i /= d2; \
            unsigned i1 = i % d1; \
            i /= d1; \
            y[to + i * t0 + i1 * t1 + i2 * t2 + i3 * t3 + i4 * t4 + i5 * t5] = \
                x[from + i * f0 + i1 * f1 + i2 * f2 + i3 * f3 + i4 * f4 + i5 * f5]; \
        } \
    } \
    extern "C" __global__ __launch_bounds__(256) void layout_put_rows_##BYTES( \
        const int* ids, const W* x, W* y, int rows, int c, int n) { \
        for (unsigned g = global_thread(); g < n; g += all_threads()) { \
            int id = ids[g / c]; \
            if (id < 0 || id >= rows) __trap(); \
            y[(size_t)id * c + g % c] = x[g]; \
        } \
    }

ENTRIES(unsigned char, 1)
ENTRIES(unsigned short, 2)
ENTRIES(unsigned, 4)
ENTRIES(unsigned long long, 8)
