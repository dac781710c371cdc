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

    /// What a user should know before it computes, in one line; empty if there is nothing.
    default String note() {
        return "";
    }

    /// Opens its `run` lifetime.
    ///
    /// @throws IllegalArgumentException if it cannot be used here, or does not compute like that
    Kernels open(DeviceOptions options);

    /// The same with its own options.
    default Kernels open() {
        return open(options());
    }

    /// How it computes where nothing else is asked for.
    default DeviceOptions options() {
        return DeviceOptions.defaults();
    }

    /// This device, which computes as `options` say where nothing else is asked for.
    default Device with(DeviceOptions options) {
        return new DeviceWithOptions(this, options);
    }

    /// All that are on the class path, by name.
    static List<Device> all() {
        return ServiceLoader.load(Device.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Device::name))
                .toList();
    }
}
