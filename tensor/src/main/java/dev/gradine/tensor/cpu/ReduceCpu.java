package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.ReduceKernel;

final class ReduceCpu {
    static ReduceKernel KERNEL;
}
