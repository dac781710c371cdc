package dev.gradine.cuda.kernels.device;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.GraphGpu;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;

/// The simulator as a device: the kernels of the GPU, on any machine, slowly.
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
        options.requireOwnGemm(name());
        Gpu gpu = new Simulator();
        return CudaKernels.open(options.graphs() ? new GraphGpu(gpu) : gpu, options.dataType());
    }
}
