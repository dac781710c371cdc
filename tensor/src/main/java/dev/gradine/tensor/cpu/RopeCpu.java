package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.RopeKernel;

final class RopeCpu {
    static RopeKernel KERNEL;
}
