package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.AdamWKernel;

final class AdamWCpu {
    static AdamWKernel KERNEL;
}
