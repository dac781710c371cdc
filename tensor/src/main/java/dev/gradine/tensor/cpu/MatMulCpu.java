package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.MatMulKernel;

final class MatMulCpu {
    static MatMulKernel KERNEL;
}
