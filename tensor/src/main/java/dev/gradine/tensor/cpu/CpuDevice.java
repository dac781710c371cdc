package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
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
    public Kernels open(DeviceOptions options) {
        DType type = options.dataType();
        if (type != DType.F32) {
            throw new DTypeException("cpu: data type is " + type + ", expected F32 (BF16 is for cuda and sim)");
        }
        options.requireNoGraphs(name());
        options.requireOwnGemm(name());
        return CpuKernels.open();
    }
}
