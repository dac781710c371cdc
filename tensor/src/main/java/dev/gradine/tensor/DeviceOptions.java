package dev.gradine.tensor;

/// How a device is to compute. Which of it a device can do, its `open` says: what it cannot is refused.
///
/// @param dataType what layers compute in, F32 or BF16
/// @param graphs whether launches are collected and those that repeat are started as one
/// @param vendorGemm whether the GPU's vendor computes matrix products, rather than kernels of our own
public record DeviceOptions(DType dataType, boolean graphs, boolean vendorGemm) {

    /// f32, every launch by itself, kernels of our own: what every device can do.
    public static DeviceOptions defaults() {
        return new DeviceOptions(DType.F32, false, false);
    }

    /// The same, with layers that compute in `other`.
    public DeviceOptions with(DType other) {
        return new DeviceOptions(other, graphs, vendorGemm);
    }

    /// Fails if graphs are asked for, on a device that launches nothing.
    ///
    /// @throws IllegalArgumentException names the device
    public void requireNoGraphs(String device) {
        if (graphs) {
            throw new IllegalArgumentException(
                    device + ": graphs are asked for, expected none (--cuda-graphs is for" + " cuda and sim)");
        }
    }

    /// Fails if the vendor's products are asked for, on a device without them.
    ///
    /// @throws IllegalArgumentException names the device
    public void requireOwnGemm(String device) {
        if (vendorGemm) {
            throw new IllegalArgumentException(device + ": gemm is cublas, expected own (cublas is for cuda)");
        }
    }
}
