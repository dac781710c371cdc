package dev.gradine.cli;

import dev.gradine.tensor.Device;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Which device a command computes on.
///
/// The default is the CPU and not `auto`: asking for a card loads its driver, which takes longer than
/// a whole `--help`.
final class DeviceArgs {

    static final String CPU = "cpu";
    private static final String AUTO = "auto";

    @Option(
            names = "--device",
            defaultValue = CPU,
            paramLabel = "NAME",
            description = "Where to compute: cpu, cuda (an NVIDIA card), sim (its kernels on a simulator: slow, checks"
                    + " every access) or auto: cuda where there is a card, else cpu (default ${DEFAULT-VALUE}).")
    private String name = CPU;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create(); // picocli puts the real one in its place

    /// The device asked for; for `auto`, one line says which it is and why not the other.
    ///
    /// @throws IllegalArgumentException if there is no such device here
    Device chosen() {
        List<Device> all = Device.all();
        if (!name.equals(AUTO)) return named(name, all);
        Device cuda = named("cuda", all);
        String why = cuda.whyMissing();
        Device device = why.isEmpty() ? cuda : named(CPU, all);
        var err = command.commandLine().getErr();
        err.println("gradine: device " + device.name() + (why.isEmpty() ? " (a card is here)" : " (" + why + ")"));
        err.flush();
        return device;
    }

    private static Device named(String name, List<Device> all) {
        for (Device d : all) if (d.name().equals(name)) return d;
        String names = all.stream().map(Device::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("--device: \"%s\", expected auto, %s".formatted(name, names));
    }
}
