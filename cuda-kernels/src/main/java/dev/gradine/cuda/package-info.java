/// The CUDA device: `CudaKernels`, one launcher per kernel contract, and the interface `Gpu` of what executes a launch,
/// a card or the simulator. What executes lives in packages of its own; nothing here knows which one it talks to.
@NullMarked
package dev.gradine.cuda;

import org.jspecify.annotations.NullMarked;
