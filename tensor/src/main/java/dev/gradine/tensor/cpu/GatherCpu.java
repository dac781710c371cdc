package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.GatherKernel;

final class GatherCpu {
    static GatherKernel KERNEL;
}
