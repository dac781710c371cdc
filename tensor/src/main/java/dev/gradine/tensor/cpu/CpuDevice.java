package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Device;
import dev.gradine.tensor.Kernels;

/// This machine's processor: always there.
public final class CpuDevice implements Device {

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String whyMissing() {
        return "";
    }

    @Override
    public Kernels open() {
        return CpuKernels.open();
    }
}
