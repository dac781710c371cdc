// Where a thread stands in a grid of one dimension.
#pragma once

__device__ inline int global_thread() { return blockIdx.x * blockDim.x + threadIdx.x; }

__device__ inline int all_threads() { return gridDim.x * blockDim.x; }
