package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.DropoutKernel;

final class DropoutCpu {
    static DropoutKernel KERNEL;
}
