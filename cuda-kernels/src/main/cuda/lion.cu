// One Lion update, Chen et al. 2023 (arXiv:2302.06675), program 1. All values are f32.
//
//   g <- grad_scale g        u = beta1 m + (1 - beta1) g
//   p <- decay p - lr sign(u)                                  sign(0) = 0; NaN where u is NaN
//   m <- beta2 m + (1 - beta2) g
//
// decay = 1 - lr weight_decay.

#include "values.cuh"

struct Factors {
    float decay, lr, beta1, beta2, grad_scale;
};

__device__ inline float move(float u, float lr) {
    return u > 0 ? lr : u < 0 ? -lr : __fmul_rn(u, 0.0f); // NaN stays NaN
}

template <int V>
__device__ inline void update(float (&p)[V], const float (&g)[V], float (&m)[V], const Factors& f) {
#pragma unroll
    for (int j = 0; j < V; j++) { // rounded as on the CPU
        float grad = __fmul_rn(g[j], f.grad_scale);
        float u = fmaf(m[j], f.beta1, __fmul_rn(grad, 1 - f.beta1));
        p[j] = __fsub_rn(__fmul_rn(p[j], f.decay), move(u, f.lr));
        m[j] = fmaf(m[j], f.beta2, __fmul_rn(grad, 1 - f.beta2));
    }
}

template <int V>
__device__ inline void walk(float* p, const float* g, float* m, int from, int groups, const Factors& f) {
    for (unsigned i = global_thread(); i < groups; i += all_threads()) {
        unsigned at = from + i * V;
        float grad[V], momentum[V], param[V];
        load<V>(g + at, grad);
        load<V>(m + at, momentum);
        load<V>(p + at, param);
        update<V>(param, grad, momentum, f);
        store<V>(momentum, m + at);
        store<V>(param, p + at);
    }
}

extern "C" __global__ __launch_bounds__(256) void lion_f32(
    float* p, const float* g, float* m, int n, float decay, float lr, float beta1, float beta2, float grad_scale) {
    constexpr int V = LANES<float>;
    Factors f = {decay, lr, beta1, beta2, grad_scale};
    int groups = aligned(p, g, m) ? n / V : 0;
    walk<V>(p, g, m, 0, groups, f);
    walk<1>(p, g, m, groups * V, n - groups * V, f);
}
