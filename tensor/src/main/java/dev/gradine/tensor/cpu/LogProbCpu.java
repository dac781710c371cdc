package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.LogProbKernel;

final class LogProbCpu {
    static LogProbKernel KERNEL;
}
