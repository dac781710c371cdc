// Activation functions and their gradients.
//
//   swiglu        y = silu(gate) up,   silu(x) = x s(x),   s(x) = 1 / (1 + exp(-x))
//                 dGate = dy up s (1 + gate (1 - s))       dUp = dy silu(gate)
//   gelu          y = x P(x), P the normal distribution;   dx = dy (P(x) + x p(x))
//   gelu_tanh     y = x s(2u), u = sqrt(2/pi) (x + 0.044715 x^3), since (1 + tanh u) / 2 = s(2u)
//   log_sigmoid   y = min(x, 0) - log1p(exp(-|x|))         dx = dy s(-x)

#include "map.cuh"
#include "math.cuh"

template <class T>
__device__ inline void swiglu(const T* gate, const T* up, T* y, int n) {
    map<2, 1, T>({gate, up}, {y}, n, [](const float* x, float* r, unsigned) { r[0] = x[0] * sigmoid(x[0]) * x[1]; });
}

template <class T>
__device__ inline void swiglu_backward(const T* dy, const T* gate, const T* up, T* d_gate, T* d_up, int n) {
    map<3, 2, T>({dy, gate, up}, {d_gate, d_up}, n, [](const float* x, float* r, unsigned) {
        float s = sigmoid(x[1]);
        float silu = x[1] * s;
        r[0] = x[0] * x[2] * (s + silu * (1 - s));
        r[1] = x[0] * silu;
    });
}

// The normal distribution; by the complement, which keeps its digits where it is small.
__device__ inline float normal_cdf(float x) { return 0.5f * erfcf(-0.70710678f * x); }

__device__ inline float two_u(float x) { return 1.5957692f * x * fmaf(x * x, 0.044715f, 1); }

template <class T>
__device__ inline void gelu(const T* x, T* y, int n) {
    map<1, 1, T>({x}, {y}, n, [](const float* v, float* r, unsigned) { r[0] = v[0] * normal_cdf(v[0]); });
}

template <class T>
__device__ inline void gelu_backward(const T* dy, const T* x, T* dx, int n) {
    map<2, 1, T>({dy, x}, {dx}, n, [](const float* v, float* r, unsigned) {
        float density = 0.39894228f * fast_exp(-0.5f * v[1] * v[1]);
        r[0] = v[0] * fmaf(v[1], density, normal_cdf(v[1]));
    });
}

template <class T>
__device__ inline void gelu_tanh(const T* x, T* y, int n) {
    map<1, 1, T>({x}, {y}, n, [](const float* v, float* r, unsigned) { r[0] = v[0] * sigmoid(two_u(v[0])); });
}

template <class T>
__device__ inline void gelu_tanh_backward(const T* dy, const T* x, T* dx, int n) {
    map<2, 1, T>({dy, x}, {dx}, n, [](const float* v, float* r, unsigned) {
        float s = sigmoid(two_u(v[1]));
        float slope = 1.5957692f * fmaf(v[1] * v[1], 3 * 0.044715f, 1);
        r[0] = v[0] * fmaf(v[1] * s * (1 - s), slope, s);
    });
}

template <class T>
__device__ inline void log_sigmoid(const T* x, T* y, int n) {
    map<1, 1, T>({x}, {y}, n, [](const float* v, float* r, unsigned) {
        r[0] = fminf(v[0], 0) - log1pf(expf(-fabsf(v[0])));
    });
}

template <class T>
__device__ inline void log_sigmoid_backward(const T* dy, const T* x, T* dx, int n) {
    map<2, 1, T>({dy, x}, {dx}, n, [](const float* v, float* r, unsigned) { r[0] = v[0] * sigmoid(-v[1]); });
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void activation_swiglu_##TYPE( \
        const T* gate, const T* up, T* y, int n) { \
        swiglu(gate, up, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_swiglu_backward_##TYPE( \
        const T* dy, const T* gate, const T* up, T* d_gate, T* d_up, int n) { \
        swiglu_backward(dy, gate, up, d_gate, d_up, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_gelu_##TYPE(const T* x, T* y, int n) { \
        gelu(x, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_gelu_backward_##TYPE( \
        const T* dy, const T* x, T* dx, int n) { \
        gelu_backward(dy, x, dx, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_gelu_tanh_##TYPE(const T* x, T* y, int n) { \
        gelu_tanh(x, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_gelu_tanh_backward_##TYPE( \
        const T* dy, const T* x, T* dx, int n) { \
        gelu_tanh_backward(dy, x, dx, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_log_sigmoid_##TYPE(const T* x, T* y, int n) { \
        log_sigmoid(x, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_log_sigmoid_backward_##TYPE( \
        const T* dy, const T* x, T* dx, int n) { \
        log_sigmoid_backward(dy, x, dx, n); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
