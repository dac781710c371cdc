// Causal grouped-query attention over packed sequences on Hopper, for bf16 heads of 64 and 128 without a soft cap:
//
//   P = softmax(scale · q kᵀ + causal)     y = P v     lse = log Σ exp(scale · q kᵀ + causal)
//
// A block stays on its multiprocessor and takes one piece of work after the other, a tile of the host's list and a
// head, those with most to do first. One warpgroup brings tiles, the others multiply 64 rows each:
//
//                       waits for empty[s]                              waits for full[s]
//   producer ──────────────────────────────▶ stage s of a ring:     ──────────────────────▶ consumers
//   (1 warp)   says what will come to        a tile or two of 64      multiplies with it,   (2 or 3 x 128 threads)
//      ▲       full[s], starts the copies    or 128 rows of a head    arrives at empty[s]         │
//      └──────────────────────────────────────────────────────────────────────────────────────────┘
//
// Copies land by themselves and end the phase of full[s] with their last byte. The producer is up to a ring ahead,
// also into the next piece of work, whose tiles travel while the consumers write the results of this one.

#include "attention_hopper_backward.cuh"
#include "attention_hopper_forward.cuh"

#define ATTENTION_FORWARD_HOPPER(D)                                                                                \
    extern "C" __global__ void __launch_bounds__(128 + 2 * Forward<D>::QUERIES, 1)                                 \
        attention_forward_hopper_bf16_d##D(                                                                        \
            const __grid_constant__ TensorMap q, const __grid_constant__ TensorMap k,                              \
            const __grid_constant__ TensorMap v, const QueryTile* tiles, int count, int heads, int kvHeads,        \
            float scale, bf16* y, float* lse) {                                                                    \
        Heads h = {heads, kvHeads, D, scale, 0};                                                                      \
        Forward<D>::Shared shared;                                                                                 \
        if (threadIdx.x < 128) {                                                                                   \
            give_registers<Forward<D>::PRODUCER_REGISTERS>();                                                      \
            if (threadIdx.x < 32) Forward<D>::produce(shared, q, k, v, tiles, count, h);                           \
        } else {                                                                                                   \
            take_registers<Forward<D>::CONSUMER_REGISTERS>();                                                      \
            Forward<D>::consume(shared, tiles, count, h, y, lse);                                                  \
        }                                                                                                          \
    }

ATTENTION_FORWARD_HOPPER(64)
ATTENTION_FORWARD_HOPPER(128)

#define ATTENTION_BACKWARD_HOPPER(D)                                                                               \
    extern "C" __global__ void __launch_bounds__(128 + 2 * BACKWARD_ROWS, 1)                                       \
        attention_backward_q_hopper_bf16_d##D(                                                                     \
            const __grid_constant__ TensorMap dy, const float* lse, const float* delta,                            \
            const __grid_constant__ TensorMap q, const __grid_constant__ TensorMap k,                              \
            const __grid_constant__ TensorMap v, const QueryTile* tiles, int count, int heads, int kvHeads,        \
            float scale, bf16* dq) {                                                                               \
        Heads h = {heads, kvHeads, D, scale, 0};                                                                      \
        BackwardQ<D>::Shared shared(1);                                                                            \
        if (threadIdx.x < 128) {                                                                                   \
            give_registers<BACKWARD_PRODUCER_REGISTERS>();                                                         \
            if (threadIdx.x < 32) BackwardQ<D>::produce(shared, dy, q, k, v, tiles, count, h);                     \
        } else {                                                                                                   \
            take_registers<BACKWARD_CONSUMER_REGISTERS>();                                                         \
            BackwardQ<D>::consume(shared, lse, delta, tiles, count, h, dq);                                        \
        }                                                                                                          \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(128 + 2 * BACKWARD_ROWS, 1)                                       \
        attention_backward_kv_hopper_bf16_d##D(                                                                    \
            const __grid_constant__ TensorMap dy, const float* lse, const float* delta,                            \
            const __grid_constant__ TensorMap q, const __grid_constant__ TensorMap k,                              \
            const __grid_constant__ TensorMap v, const KeyTile* tiles, const Source* sources, int count,           \
            int heads, int kvHeads, float scale, bf16* dk, bf16* dv) {                                             \
        Heads h = {heads, kvHeads, D, scale, 0};                                                                      \
        BackwardKv<D>::Shared shared(2);                                                                           \
        if (threadIdx.x < 128) {                                                                                   \
            give_registers<BACKWARD_PRODUCER_REGISTERS>();                                                         \
            if (threadIdx.x < 32) {                                                                                \
                BackwardKv<D>::produce(shared, dy, lse, delta, q, k, v, tiles, sources, count, h);                 \
            }                                                                                                      \
        } else {                                                                                                   \
            take_registers<BACKWARD_CONSUMER_REGISTERS>();                                                         \
            BackwardKv<D>::consume(shared, tiles, sources, count, h, dk, dv);                                      \
        }                                                                                                          \
    }

ATTENTION_BACKWARD_HOPPER(64)
ATTENTION_BACKWARD_HOPPER(128)
