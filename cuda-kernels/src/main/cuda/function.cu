// Functions of one and of two variables, value by value, a row each: the tables of Fn.java and Fn2.java in f32.
//
//   ROW(U, name, y of x, what backward reads, dx of dy and of that)      a and b are constants of the call
//   ROW2(U, name, y of a and b, da of dy, a and b, db of the same)
//
// U says how a thread works: 0, value by value, for functions that losses use; else in groups of 16 bytes, U of them
// under way at a time, for functions that layers use, which must keep memory busy and cost more code.
// Minima and maxima are written so that NaN stays NaN.

#include "map.cuh"
#include "math.cuh"

// out = f(in, index), value by value.
template <int U, int IN, class T, class F>
__device__ inline void over(const T* const (&in)[IN], T* out, unsigned n, F f) {
    bool whole = U > 0 && aligned(out);
#pragma unroll
    for (int k = 0; k < IN; k++) whole = whole && aligned(in[k]);
    unsigned groups = whole ? n / LANES<T> : 0;
    unsigned first = groups * LANES<T>, stride = all_threads(), group = global_thread();
    T* const to[1] = {out};
    auto g = [=](const float* v, float* r, unsigned i) { r[0] = f(v, i); };
    if constexpr (U > 1) {
#pragma unroll 1
        for (; group + (U - 1) * stride < groups; group += U * stride)
            map_batch<LANES<T>, U>(in, to, 0, group, stride, g);
    }
    if constexpr (U > 0) {
#pragma unroll 1
        for (; group < groups; group += stride) map_batch<LANES<T>, 1>(in, to, 0, group, stride, g);
    }
#pragma unroll 1
    for (group = global_thread(); group < n - first; group += stride) map_batch<1, 1>(in, to, first, group, stride, g);
}

__device__ inline float log1mexp(float x) { return x > -0.6931472f ? logf(-expm1f(x)) : log1pf(-expf(x)); }

__device__ inline float log_sigmoid(float x) { return fminf(x, 0) - log1pf(expf(-fabsf(x))); }

// The slope of x s(z), z a function of x: s + x s (1 - s) z'. 1 - s is s(-z), which vanishes for large
// z as it should, where an approximate s is not quite 1.
__device__ inline float swish_slope(float x, float z, float z_slope) {
    float s = sigmoid(z);
    return fmaf(x * s * sigmoid(-z), z_slope, s);
}

// The normal distribution; by the complement, which keeps its digits where it is small.
__device__ inline float normal_cdf(float x) { return 0.5f * erfcf(-0.70710678f * x); }

__device__ inline float gelu_erf_slope(float x) {
    float density = 0.39894228f * fast_exp(-0.5f * x * x);
    return fmaf(x, density, normal_cdf(x));
}

// u = sqrt(2/pi) (x + 0.044715 x^3); since (1 + tanh u) / 2 = s(2u), gelu is x s(2u).
__device__ inline float two_u(float x) { return 1.5957692f * x * fmaf(x * x, 0.044715f, 1); }

__device__ inline float gelu_tanh(float x) { return x * sigmoid(two_u(x)); }

__device__ inline float gelu_tanh_slope(float x) {
    return swish_slope(x, two_u(x), 1.5957692f * fmaf(x * x, 3 * 0.044715f, 1));
}

// 1, half where they are equal, 0.
__device__ inline float less(float a, float b) { return a < b ? 1 : a == b ? 0.5f : 0; }

#define FUNCTIONS(ROW, T, TYPE) \
    ROW(4, exp, expf(x), y, dy * y, T, TYPE) \
    ROW(0, expm1, expm1f(x), x, dy * expf(x), T, TYPE) \
    ROW(0, log, logf(x), x, dy / x, T, TYPE) \
    ROW(0, log1p, log1pf(x), x, dy / (1 + x), T, TYPE) \
    ROW(0, log1mexp, log1mexp(x), x, -dy / expm1f(-x), T, TYPE) \
    ROW(4, square, x * x, x, 2 * dy * x, T, TYPE) \
    ROW(0, sqrt, sqrtf(x), y, dy / (2 * y), T, TYPE) \
    ROW(0, rsqrt, rsqrtf(x), y, -0.5f * dy * y * y * y, T, TYPE) \
    ROW(0, reciprocal, 1 / x, y, -dy * y * y, T, TYPE) \
    ROW(1, neg, -x, unused, -dy, T, TYPE) \
    ROW(0, abs, fabsf(x), x, x > 0 ? dy : x < 0 ? -dy : 0, T, TYPE) \
    ROW(4, sigmoid, sigmoid(x), y, dy * y * (1 - y), T, TYPE) \
    ROW(0, log_sigmoid, log_sigmoid(x), x, dy * sigmoid(-x), T, TYPE) \
    ROW(0, softplus, -log_sigmoid(-x), x, dy * sigmoid(x), T, TYPE) \
    ROW(1, tanh, tanhf(x), y, dy * (1 - y * y), T, TYPE) \
    ROW(0, softsign, x / (1 + fabsf(x)), x, dy / ((1 + fabsf(x)) * (1 + fabsf(x))), T, TYPE) \
    ROW(4, relu, x < 0 ? 0 : x, y, y > 0 ? dy : 0, T, TYPE) \
    ROW(4, silu, x * sigmoid(x), x, dy * swish_slope(x, x, 1), T, TYPE) \
    ROW(4, quick_gelu, x * sigmoid(1.702f * x), x, dy * swish_slope(x, 1.702f * x, 1.702f), T, TYPE) \
    ROW(4, gelu_tanh, gelu_tanh(x), x, dy * gelu_tanh_slope(x), T, TYPE) \
    ROW(4, gelu_erf, x * normal_cdf(x), x, dy * gelu_erf_slope(x), T, TYPE) \
    ROW(0, sin, sinf(x), x, dy * cosf(x), T, TYPE) \
    ROW(0, cos, cosf(x), x, -dy * sinf(x), T, TYPE) \
    ROW(4, scale, a * x, unused, a * dy, T, TYPE) \
    ROW(0, shift, x + a, unused, dy, T, TYPE) \
    ROW(0, pow, powf(x, a), x, dy * a * powf(x, a - 1), T, TYPE) \
    ROW(0, soft_cap, a * tanhf(x / a), y, dy * (1 - y / a * (y / a)), T, TYPE) \
    ROW(0, clamp, x < a ? a : x > b ? b : x, x, a <= x && x <= b ? dy : 0, T, TYPE)

#define FUNCTIONS2(ROW2, T, TYPE) \
    ROW2(2, add, a + b, dy, dy, T, TYPE) \
    ROW2(2, sub, a - b, dy, -dy, T, TYPE) \
    ROW2(2, mul, a * b, dy * b, dy * a, T, TYPE) \
    ROW2(0, div, a / b, dy / b, -dy * a / (b * b), T, TYPE) \
    ROW2(0, min, a < b || a != a ? a : b, dy * less(a, b), dy * less(b, a), T, TYPE) \
    ROW2(0, max, a > b || a != a ? a : b, dy * less(b, a), dy * less(a, b), T, TYPE) \
    ROW2(1, geglu, gelu_tanh(a) * b, dy * b * gelu_tanh_slope(a), dy * gelu_tanh(a), T, TYPE)

#define ROW(U, NAME, Y, KEPT, DX, T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void function_##NAME##_##TYPE( \
        const T* in, T* out, float a, float b, int n) { \
        over<U, 1, T>({in}, out, n, [=](const float* v, unsigned) -> float { \
            float x = v[0]; \
            return Y; \
        }); \
    } \
    extern "C" __global__ __launch_bounds__(256) void function_##NAME##_backward_##TYPE( \
        const T* grad, const T* kept, T* out, float a, float b, int n) { \
        over<(U + 1) / 2, 2, T>({grad, kept}, out, n, [=](const float* v, unsigned) -> float { \
            float dy = v[0], KEPT = v[1]; \
            return DX; \
        }); \
    }

// In `_per` entries value i of a meets second[i % width], one per column, or second[i / width], one per row.
#define ROW2(U, NAME, Y, DA, DB, T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void function_##NAME##_##TYPE( \
        const T* first, const T* second, T* out, int n) { \
        over<U, 2, T>({first, second}, out, n, [=](const float* v, unsigned) -> float { \
            float a = v[0], b = v[1]; \
            return Y; \
        }); \
    } \
    extern "C" __global__ __launch_bounds__(256) void function_##NAME##_backward_##TYPE( \
        const T* grad, const T* first, const T* second, T* d_first, T* d_second, int n) { \
        if (d_first) over<(U > 0), 3, T>({grad, first, second}, d_first, n, [=](const float* v, unsigned) -> float { \
            float dy = v[0], a = v[1], b = v[2]; \
            return DA; \
        }); \
        if (d_second) over<(U > 0), 3, T>({grad, first, second}, d_second, n, [=](const float* v, unsigned) -> float { \
            float dy = v[0], a = v[1], b = v[2]; \
            return DB; \
        }); \
    } \
    extern "C" __global__ __launch_bounds__(256) void function_##NAME##_per_##TYPE( \
        const T* first, const float* second, T* out, int columns, int width, int n) { \
        over<(U > 1), 1, T>({first}, out, n, [=](const float* v, unsigned i) -> float { \
            float a = v[0], b = second[columns ? i % width : i / width]; \
            return Y; \
        }); \
    } \
    extern "C" __global__ __launch_bounds__(256) void function_##NAME##_backward_per_##TYPE( \
        const T* grad, const T* first, const float* second, T* d_first, T* d_second, int columns, int width, int n) { \
        if (d_first) over<(U > 1), 2, T>({grad, first}, d_first, n, [=](const float* v, unsigned i) -> float { \
            float dy = v[0], a = v[1], b = second[columns ? i % width : i / width]; \
            return DA; \
        }); \
        if (d_second) over<(U > 1), 2, T>({grad, first}, d_second, n, [=](const float* v, unsigned i) -> float { \
            float dy = v[0], a = v[1], b = second[columns ? i % width : i / width]; \
            return DB; \
        }); \
    }

FUNCTIONS(ROW, float, f32)
FUNCTIONS(ROW, bf16, bf16)
FUNCTIONS2(ROW2, float, f32)
FUNCTIONS2(ROW2, bf16, bf16)
