package dev.gradine.tensor;

/// A device together with the type that layers compute in on it.
record DeviceOfType(Device device, DType dataType) implements Device {

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public String whyMissing() {
        return device.whyMissing();
    }

    @Override
    public Kernels open() {
        return open(dataType);
    }

    @Override
    public Kernels open(DType other) {
        return device.open(other);
    }
}
