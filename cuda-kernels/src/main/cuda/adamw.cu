// One AdamW update, Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2. The moments m and v are f32.
//
//   g <- grad_scale g         m <- beta1 m + (1 - beta1) g        v <- beta2 v + (1 - beta2) g^2
//   p <- decay p - step m / (sqrt(v) root_bias + eps)
//
// decay = 1 - lr weight_decay, step = lr / (1 - beta1^t), root_bias = 1 / sqrt(1 - beta2^t).
// bf16 parameters are rounded to nearest: updates below half a unit of p's last place are lost.

#include "values.cuh"

struct Factors {
    float decay, step, root_bias, beta1, beta2, eps, grad_scale;
};

template <int V>
__device__ inline void update(float (&p)[V], const float (&g)[V], float (&m)[V], float (&v)[V], const Factors& f) {
#pragma unroll
    for (int j = 0; j < V; j++) { // rounded as on the CPU
        float grad = __fmul_rn(g[j], f.grad_scale);
        m[j] = fmaf(m[j], f.beta1, __fmul_rn(grad, 1 - f.beta1));
        v[j] = fmaf(v[j], f.beta2, __fmul_rn(__fmul_rn(grad, grad), 1 - f.beta2));
        float root = fmaf(sqrtf(v[j]), f.root_bias, f.eps);
        p[j] = __fsub_rn(__fmul_rn(p[j], f.decay), __fmul_rn(m[j], f.step) / root);
    }
}

template <int V, class T>
__device__ inline void walk(T* p, const T* g, float* m, float* v, int from, int groups, const Factors& f) {
    for (unsigned i = global_thread(); i < groups; i += all_threads()) {
        unsigned at = from + i * V;
        float grad[V], first[V], second[V], param[V];
        load<V>(g + at, grad);
        load<V>(m + at, first);
        load<V>(v + at, second);
        load<V>(p + at, param);
        update<V>(param, grad, first, second, f);
        store<V>(first, m + at);
        store<V>(second, v + at);
        store<V>(param, p + at);
    }
}

template <class T>
__device__ inline void step(T* p, const T* g, float* m, float* v, int n, const Factors& f) {
    constexpr int V = LANES<T>;
    int groups = aligned(p, g, m, v) ? n / V : 0;
    walk<V>(p, g, m, v, 0, groups, f);
    walk<1>(p, g, m, v, groups * V, n - groups * V, f);
}

#define FACTORS float decay, float step_size, float root_bias, float beta1, float beta2, float eps, float grad_scale
#define FACTOR_VALUES {decay, step_size, root_bias, beta1, beta2, eps, grad_scale}

extern "C" __global__ __launch_bounds__(256) void adamw_f32(
    float* p, const float* g, float* m, float* v, int n, FACTORS) {
    step(p, g, m, v, n, FACTOR_VALUES);
}

extern "C" __global__ __launch_bounds__(256) void adamw_bf16(
    bf16* p, const bf16* g, float* m, float* v, int n, FACTORS) {
    step(p, g, m, v, n, FACTOR_VALUES);
}
