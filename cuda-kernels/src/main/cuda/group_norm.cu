// Group normalisation of images [B, C, positions]; w, b, mean and rstd are f32. A group's n values lie side by side,
// channel after channel.
//
//   z  = (x - mean) r        r = 1 / sqrt(var + eps)        y = z w_c + b_c
//   p  = sum of dy over a channel of an image               q = sum of dy z over the same
//   dx = r (w_c dy - sum over c of w_c p / n - z sum over c of w_c q / n)
//   dw_c = sum over images of q        db_c = sum over images of p
//
// A block works on a group at a time and reads it from memory once; p and q have a block for each channel of an image.

#include "rows.cuh"

template <int V, class T>
__device__ inline void forward(
    const T* x, const float* w, const float* b, float eps, T* y, float* mean, float* rstd, int all, int groups,
    int channels, int positions) {
    constexpr int HELD = 4;
    int n = channels * positions, pieces = n / V; // channels of one group
    for (int row = blockIdx.x; row < all; row += gridDim.x) {
        Row<V, HELD, T> in(x + (size_t)row * n, pieces);
        float sum = 0, squares = 0;
        each_group<HELD>(pieces, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) sum += v[j];
        });
        float m = over_block<Sum>(sum) / n;
        each_group<HELD>(pieces, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
#pragma unroll
            for (int j = 0; j < V; j++) squares = fmaf(v[j] - m, v[j] - m, squares);
        });
        float r = 1 / sqrtf(over_block<Sum>(squares) / n + eps);
        if (threadIdx.x == 0) mean[row] = m, rstd[row] = r;
        T* out = y + (size_t)row * n;
        const float* weights = w + row % groups * channels;
        const float* biases = b + row % groups * channels;
        each_group<HELD>(pieces, [&](int g, int k) {
            float v[V];
            in.get(g, k, v);
            int c = g * V / positions; // V divides the positions, or is 1
            float weight = weights[c], bias = biases[c];
#pragma unroll
            for (int j = 0; j < V; j++) v[j] = fmaf((v[j] - m) * r, weight, bias);
            store<V>(v, out + g * V);
        });
    }
}

// sums[2, B C]: p of every channel of every image, then q; `channels` of one group.
template <int V, class T>
__device__ inline void plane_sums(
    const T* dy, const T* x, const float* mean, const float* rstd, float* sums, int planes, int channels,
    int positions) {
    for (int plane = blockIdx.x; plane < planes; plane += gridDim.x) {
        float m = mean[plane / channels], r = rstd[plane / channels];
        size_t start = (size_t)plane * positions;
        float sum[2] = {0, 0};
        for (int g = threadIdx.x; g < positions / V; g += blockDim.x) {
            float v[V], d[V];
            load<V>(x + start + g * V, v);
            load<V>(dy + start + g * V, d);
#pragma unroll
            for (int j = 0; j < V; j++) {
                sum[0] += d[j];
                sum[1] = fmaf((v[j] - m) * r, d[j], sum[1]);
            }
        }
        over_block<Sum>(sum);
        if (threadIdx.x == 0) sums[plane] = sum[0], sums[planes + plane] = sum[1];
    }
}

template <int V, class T>
__device__ inline void backward(
    const T* dy, const T* x, const float* w, const float* mean, const float* rstd, const float* sums, T* dx, int all,
    int groups, int channels, int positions) {
    int n = channels * positions;
    for (int row = blockIdx.x; row < all; row += gridDim.x) {
        float m = mean[row], r = rstd[row];
        const float* weights = w + row % groups * channels;
        const float* p = sums + row * channels;
        const float* q = p + all * channels;
        float mean_g = 0, mean_gz = 0; // few channels: every thread adds them all
        for (int c = 0; c < channels; c++) {
            mean_g = fmaf(weights[c], p[c], mean_g);
            mean_gz = fmaf(weights[c], q[c], mean_gz);
        }
        mean_g /= n, mean_gz /= n;
        size_t start = (size_t)row * n;
        for (int g = threadIdx.x; g < n / V; g += blockDim.x) {
            float v[V], d[V];
            load<V>(x + start + g * V, v);
            load<V>(dy + start + g * V, d);
            float weight = weights[g * V / positions];
#pragma unroll
            for (int j = 0; j < V; j++) {
                float z = (v[j] - m) * r;
                v[j] = r * fmaf(z, -mean_gz, d[j] * weight - mean_g);
            }
            store<V>(v, dx + start + g * V);
        }
    }
}

// to[c] += sum over images of sums[image, c].
extern "C" __global__ __launch_bounds__(256) void group_norm_over_images(
    const float* sums, float* to, int images, int channels) {
    for (int c = global_thread(); c < channels; c += all_threads()) {
        float total = 0;
        for (int image = 0; image < images; image++) total += sums[(size_t)image * channels + c];
        to[c] += total;
    }
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(1024) void group_norm_forward_##TYPE( \
        const T* x, const float* w, const float* b, float eps, T* y, float* mean, float* rstd, int all, int groups, \
        int channels, int positions) { \
        if (in_groups(positions, x, y)) \
            forward<LANES<T>>(x, w, b, eps, y, mean, rstd, all, groups, channels, positions); \
        else forward<1>(x, w, b, eps, y, mean, rstd, all, groups, channels, positions); \
    } \
    extern "C" __global__ __launch_bounds__(256) void group_norm_plane_sums_##TYPE( \
        const T* dy, const T* x, const float* mean, const float* rstd, float* sums, int planes, int channels, \
        int positions) { \
        if (in_groups(positions, x, dy)) plane_sums<LANES<T>>(dy, x, mean, rstd, sums, planes, channels, positions); \
        else plane_sums<1>(dy, x, mean, rstd, sums, planes, channels, positions); \
    } \
    extern "C" __global__ __launch_bounds__(1024) void group_norm_backward_##TYPE( \
        const T* dy, const T* x, const float* w, const float* mean, const float* rstd, const float* sums, T* dx, \
        int all, int groups, int channels, int positions) { \
        if (in_groups(positions, x, dy, dx)) \
            backward<LANES<T>>(dy, x, w, mean, rstd, sums, dx, all, groups, channels, positions); \
        else backward<1>(dy, x, w, mean, rstd, sums, dx, all, groups, channels, positions); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
