/// The launchers: one `…Cuda` per kernel contract, which checks arguments, picks a kernel of
/// `src/main/cuda` and its grid, and starts it on a `Gpu`. `CudaKernels` collects them. Nothing here knows
/// whether that is hardware or the simulator.
@NullMarked
package dev.gradine.cuda.kernels;

import org.jspecify.annotations.NullMarked;
