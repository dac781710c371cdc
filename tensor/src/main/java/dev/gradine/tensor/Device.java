package dev.gradine.tensor;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/// A kind of device that tensors can live on. Modules offer theirs as a service of this type.
public interface Device {

    /// What a user calls it: `cpu`, `cuda`, `sim`.
    String name();

    /// Why it cannot be used here; empty if it can.
    String whyMissing();

    /// Opens its `run` lifetime.
    ///
    /// @param dataType what layers compute in, F32 or BF16
    /// @throws IllegalArgumentException if it cannot be used here, or does not compute in that type
    Kernels open(DType dataType);

    /// The same for f32.
    default Kernels open() {
        return open(DType.F32);
    }

    /// This device, which computes in `dataType` where nothing else is asked for.
    default Device computingIn(DType dataType) {
        return new DeviceOfType(this, dataType);
    }

    /// All that are on the class path, by name.
    static List<Device> all() {
        return ServiceLoader.load(Device.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Device::name))
                .toList();
    }
}
