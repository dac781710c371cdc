package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.AttentionKernel;

final class AttentionCpu {
    static AttentionKernel KERNEL;
}
