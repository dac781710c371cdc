// Convolution as matrix products: what stands before and after them. Per group, for n window positions at a time:
//
//   columns[k, j] = x under window j, K = channels R S rows          results[O, n] = w[O, K] columns
//   y = results + b                                                  at the places of the windows
//   dx += every place of dcolumns[K, n] = wT dy that holds a copy of it
//
// Row k is (c, r, s), column j is window `from + j` counted over all images, their rows and columns:
//
//   columns[k, j] = x[i, c, p stride - padding + r dilation, q stride - padding + s dilation], 0 outside the image
//
// x, y and their gradients have one type; what the products give, results and dcolumns, is f32 and rounded once here.
// dx asks which windows hold a copy, instead of windows adding to dx: so sums have one order, without atomics.

#include "reduce.cuh"
#include "values.cuh"

// Sizes of the images, the window and its moves, in the order in which kernels are given them.
struct Sizes {
    int channels, height, width;            // of x, channels of all groups
    int window_height, window_width;        // R, S
    int out_height, out_width;              // P, Q
    int stride_y, padding_y, dilation_y;
    int stride_x, padding_x, dilation_x;
};

#define SIZES \
    int channels, int height, int width, int window_height, int window_width, int out_height, int out_width, \
        int stride_y, int padding_y, int dilation_y, int stride_x, int padding_x, int dilation_x
#define THE_SIZES \
    Sizes{channels, height, width, window_height, window_width, out_height, out_width, \
          stride_y, padding_y, dilation_y, stride_x, padding_x, dilation_x}

// One value of columns[rows, n]; the group's channels begin with `first`.
template <class T>
__device__ inline void columns(const T* x, T* to, int first, int rows, int from, int n, Sizes z) {
    for (unsigned i = global_thread(); i < (unsigned)rows * n; i += all_threads()) {
        int k = i / n, at = from + i % n;
        int s = k % z.window_width, r = k / z.window_width % z.window_height;
        int c = first + k / z.window_width / z.window_height;
        int q = at % z.out_width, p = at / z.out_width % z.out_height;
        int image = at / z.out_width / z.out_height;
        int h = p * z.stride_y - z.padding_y + r * z.dilation_y;
        int v = q * z.stride_x - z.padding_x + s * z.dilation_x;
        bool inside = h >= 0 && h < z.height && v >= 0 && v < z.width;
        float value = inside ? to_float(x[(((size_t)image * z.channels + c) * z.height + h) * z.width + v]) : 0;
        from_float(value, to[i]);
    }
}

// The window that has place r of an axis at `at`, or -1.
__device__ inline int window_at(int at, int r, int stride, int padding, int dilation, int windows) {
    int start = at + padding - r * dilation;
    return start >= 0 && start % stride == 0 && start / stride < windows ? start / stride : -1;
}

// Adds to dx of the group's channels, in the images that windows from ... from + n lie in.
template <class T>
__device__ inline void add(const float* columns, T* dx, int first, int rows, int from, int n, Sizes z) {
    int positions = z.out_height * z.out_width, plane = z.height * z.width;
    int group = rows / (z.window_height * z.window_width);
    int image = from / positions, images = (from + n - 1) / positions + 1 - image;
    for (unsigned i = global_thread(); i < (unsigned)images * group * plane; i += all_threads()) {
        int v = i % z.width, h = i / z.width % z.height, c = i / plane % group, in = image + i / plane / group;
        float sum = 0;
        for (int r = 0; r < z.window_height; r++) {
            int p = window_at(h, r, z.stride_y, z.padding_y, z.dilation_y, z.out_height);
            if (p < 0) continue;
            for (int s = 0; s < z.window_width; s++) {
                int q = window_at(v, s, z.stride_x, z.padding_x, z.dilation_x, z.out_width);
                int j = (in * z.out_height + p) * z.out_width + q - from;
                if (q < 0 || j < 0 || j >= n) continue;
                int k = (c * z.window_height + r) * z.window_width + s;
                sum += columns[(size_t)k * n + j];
            }
        }
        T& to = dx[((size_t)in * z.channels + first + c) * plane + h * z.width + v];
        from_float(to_float(to) + sum, to);
    }
}

// Index in [images, outputs, positions] of value i of [group's outputs, n].
__device__ inline size_t place_of(unsigned i, int first, int outputs, int from, int n, int positions) {
    int o = first + i / n, at = from + i % n;
    return ((size_t)(at / positions) * outputs + o) * positions + at % positions;
}

template <class T>
__device__ inline void place(
    const float* results, const float* b, T* y, int first, int group, int outputs, int from, int n, int positions) {
    for (unsigned i = global_thread(); i < (unsigned)group * n; i += all_threads())
        from_float(results[i] + b[first + i / n], y[place_of(i, first, outputs, from, n, positions)]);
}

template <class T>
__device__ inline void take(
    const T* dy, T* results, int first, int group, int outputs, int from, int n, int positions) {
    for (unsigned i = global_thread(); i < (unsigned)group * n; i += all_threads())
        results[i] = dy[place_of(i, first, outputs, from, n, positions)];
}

// db[o] += sum over images and positions; a block works on one output.
template <class T>
__device__ inline void bias(const T* dy, float* db, int images, int outputs, int positions) {
    for (int o = blockIdx.x; o < outputs; o += gridDim.x) {
        float sum = 0;
        for (int image = 0; image < images; image++) {
            const T* plane = dy + ((size_t)image * outputs + o) * positions;
            for (int i = threadIdx.x; i < positions; i += blockDim.x) sum += to_float(plane[i]);
        }
        sum = over_block<Sum>(sum);
        if (threadIdx.x == 0) db[o] += sum;
    }
}

#define ENTRIES(T, TYPE) \
    extern "C" __global__ __launch_bounds__(256) void conv2d_columns_##TYPE( \
        const T* x, T* to, int first, int rows, int from, int n, SIZES) { \
        columns(x, to, first, rows, from, n, THE_SIZES); \
    } \
    extern "C" __global__ __launch_bounds__(256, 5) void conv2d_add_##TYPE( \
        const float* columns, T* dx, int first, int rows, int from, int n, SIZES) { \
        add(columns, dx, first, rows, from, n, THE_SIZES); \
    } \
    extern "C" __global__ __launch_bounds__(256) void conv2d_place_##TYPE( \
        const float* results, const float* b, T* y, int first, int group, int outputs, int from, int n, \
        int positions) { \
        place(results, b, y, first, group, outputs, from, n, positions); \
    } \
    extern "C" __global__ __launch_bounds__(256) void conv2d_take_##TYPE( \
        const T* dy, T* results, int first, int group, int outputs, int from, int n, int positions) { \
        take(dy, results, first, group, outputs, from, n, positions); \
    } \
    extern "C" __global__ __launch_bounds__(256) void conv2d_bias_##TYPE( \
        const T* dy, float* db, int images, int outputs, int positions) { \
        bias(dy, db, images, outputs, positions); \
    }

ENTRIES(float, f32)
ENTRIES(bf16, bf16)
