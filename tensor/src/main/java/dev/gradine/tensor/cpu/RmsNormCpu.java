package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.RmsNormKernel;

final class RmsNormCpu {
    static RmsNormKernel KERNEL;
}
