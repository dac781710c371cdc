package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.ActivationKernel;

final class ActivationCpu {
    static ActivationKernel KERNEL;
}
