package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.ElementwiseKernel;

final class ElementwiseCpu {
    static ElementwiseKernel KERNEL;
}
