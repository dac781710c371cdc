package dev.gradine.cuda.sim;

import dev.gradine.cuda.CudaKernels;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;

/// The simulator as a device: the kernels of the card, on any machine, slowly.
public final class SimDevice implements Device {

    @Override
    public String name() {
        return "sim";
    }

    @Override
    public String whyMissing() {
        return "";
    }

    @Override
    public Kernels open(DeviceOptions options) {
        options.requireNoGraphs(name());
        options.requireOwnGemm(name());
        return CudaKernels.open(new Simulator(), options.dataType());
    }
}
