package dev.gradine.tensor;

/// A device together with how it is to compute.
record DeviceWithOptions(Device device, DeviceOptions options) implements Device {

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public String whyMissing() {
        return device.whyMissing();
    }

    @Override
    public String note() {
        return device.note();
    }

    @Override
    public Kernels open(DeviceOptions other) {
        return device.open(other);
    }
}
