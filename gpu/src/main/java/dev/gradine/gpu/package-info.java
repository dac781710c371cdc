/// What a GPU is to our code: `Gpu` has memory and starts a `Kernel` on a `Grid`; `GraphGpu` starts
/// launches that repeat as one. What kernels compute stands in `cuda.kernels`, what executes them in
/// `cuda.driver` and `cuda.sim`.
@NullMarked
package dev.gradine.gpu;

import org.jspecify.annotations.NullMarked;
