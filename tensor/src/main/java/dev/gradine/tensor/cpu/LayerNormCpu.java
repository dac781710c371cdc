package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.LayerNormKernel;

final class LayerNormCpu {
    static LayerNormKernel KERNEL;
}
