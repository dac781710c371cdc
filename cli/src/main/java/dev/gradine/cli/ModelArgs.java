package dev.gradine.cli;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;

/// Which model a command computes with, and on what.
final class ModelArgs {

    @Mixin
    private SourceArgs source = new SourceArgs();

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    Path model() {
        return source.model();
    }

    /// A model already open, with the adapter if one was given.
    Policy policy(LoadedModel m) {
        Adapters adapters = source.hasAdapter() ? source.adapt(m, device::tell).settled(m.run()) : Adapters.NONE;
        return new Policy(m.model(), adapters);
    }

    /// Opens the model as it is in its file, or quantised.
    LoadedModel open() {
        return source.open(device.chosen(), device::tell);
    }
}
