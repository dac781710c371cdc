// Images [planes, h, w] enlarged by a whole factor f along both axes.
//
//   y[d, e] = sum over i, j of U[d, i] U[e, j] x[i, j]          dx[i, j] = sum over d, e of U[d, i] U[e, j] dy[d, e]
//   nearest:   U[d, i] = 1 where i = floor(d / f)
//   bilinear:  (1 - l) at i, l at i + 1, where i + l = max(0, (d + 1/2) / f - 1/2); behind the last input it repeats
//
// A thread makes one value of y, or of dx: each sum has one order. Indices fit 32 bits, as sizes of tensors do.

#include "values.cuh"

// The inputs i and i + 1 of one output along an axis, and what the second counts.
struct Taps {
    int first, second;
    float l;
};

template <bool LINEAR>
__device__ inline Taps taps(int d, int f, int n) {
    if (!LINEAR) return {d / f, d / f, 0};
    int twice = max(0, 2 * d + 1 - f); // 2 f (i + l), a whole number
    int i = twice / (2 * f);
    return {i, min(i + 1, n - 1), (float)(twice % (2 * f)) / (2 * f)};
}

// U[d, i]
__device__ inline float part(Taps t, int i) { return (t.first == i ? 1 - t.l : 0) + (t.second == i ? t.l : 0); }

// a (1 - l) + b l, but a itself where l is 0: b may be infinite.
__device__ inline float mix(float a, float b, float l) { return l == 0 ? a : fmaf(a, 1 - l, b * l); }

template <bool LINEAR, class T>
__device__ inline void forward(const T* x, T* y, int planes, int h, int w, int f) {
    int wide = w * f;
    unsigned large = h * f * wide;
    for (unsigned k = global_thread(); k < planes * large; k += all_threads()) {
        Taps row = taps<LINEAR>(k / wide % (h * f), f, h), column = taps<LINEAR>(k % wide, f, w);
        const T* plane = x + (size_t)(k / large) * h * w;
        const T* up = plane + row.first * w;
        const T* down = plane + row.second * w;
        float left = mix(to_float(up[column.first]), to_float(down[column.first]), row.l);
        float right = mix(to_float(up[column.second]), to_float(down[column.second]), row.l);
        from_float(mix(left, right, column.l), y[k]);
    }
}

template <bool LINEAR, class T>
__device__ inline void backward(const T* dy, T* dx, int planes, int h, int w, int f) {
    constexpr int BEYOND = LINEAR ? 1 : 0; // inputs on each side whose outputs may count
    int high = h * f, wide = w * f;
    for (unsigned k = global_thread(); k < (unsigned)planes * h * w; k += all_threads()) {
        int j = k % w, i = k / w % h;
        const T* plane = dy + (size_t)(k / w / h) * high * wide;
        float sum = 0;
        for (int d = max(0, (i - BEYOND) * f); d < min(high, (i + 1 + BEYOND) * f); d++) {
            float row = part(taps<LINEAR>(d, f, h), i);
            if (row == 0) continue;
            float line = 0;
            for (int e = max(0, (j - BEYOND) * f); e < min(wide, (j + 1 + BEYOND) * f); e++)
                line = fmaf(part(taps<LINEAR>(e, f, w), j), to_float(plane[(size_t)d * wide + e]), line);
            sum = fmaf(row, line, sum);
        }
        from_float(sum, dx[k]);
    }
}

#define ENTRIES(LINEAR, MODE, T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void upsample_##MODE##_##TYPE( \
        const T* x, T* y, int planes, int h, int w, int f) { \
        forward<LINEAR>(x, y, planes, h, w, f); \
    } \
    extern "C" __global__ __launch_bounds__(256) void upsample_##MODE##_backward_##TYPE( \
        const T* dy, T* dx, int planes, int h, int w, int f) { \
        backward<LINEAR>(dy, dx, planes, h, w, f); \
    }

ENTRIES(false, nearest, float, f32)
ENTRIES(false, nearest, bf16, bf16)
ENTRIES(true, bilinear, float, f32)
ENTRIES(true, bilinear, bf16, bf16)
