// SwiGLU and its gradient.
//
//   swiglu        y = silu(gate) up,   silu(x) = x s(x),   s(x) = 1 / (1 + exp(-x))
//                 dGate = dy up s (1 + gate (1 - s))       dUp = dy silu(gate)

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

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void activation_swiglu_##TYPE( \
        const T* gate, const T* up, T* y, int n) { \
        swiglu(gate, up, y, n); \
    } \
    extern "C" __global__ __launch_bounds__(256) void activation_swiglu_backward_##TYPE( \
        const T* dy, const T* gate, const T* up, T* d_gate, T* d_up, int n) { \
        swiglu_backward(dy, gate, up, d_gate, d_up, n); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
