package dev.gradine.cli;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Where a command computes.
///
/// The default is the CPU and not `auto`: asking for a GPU loads its driver, which takes longer than
/// a whole `--help`.
@HelpGroup.Heading("Device")
final class PlaceArgs {

    private static final String AUTO = "auto";
    private static final String OWN = "own";

    @Option(
            names = "--device",
            defaultValue = DeviceArgs.CPU,
            paramLabel = "NAME",
            description = "Where to compute: cpu, cuda (an NVIDIA GPU), sim (its kernels on a simulator: slow, checks"
                    + " every access) or auto: cuda where there is a GPU, else cpu (default ${DEFAULT-VALUE}).")
    private String name = DeviceArgs.CPU;

    @Option(
            names = "--gemm",
            defaultValue = OWN,
            paramLabel = "NAME",
            description = "Whose matrix products: own, or cublas on cuda where it is installed (default"
                    + " ${DEFAULT-VALUE}).")
    private String gemm = OWN;

    @Option(
            names = "--cuda-graphs",
            description = "On cuda and sim: start launches that repeat as one; the same results. Meant to spare the"
                    + " host's time between kernels; what it gains has not been measured on a GPU.")
    private boolean graphs;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create(); // picocli puts the real one in its place

    /// The device asked for; for `auto`, one line says which it is and why not the other.
    ///
    /// @param type what layers compute in
    /// @throws IllegalArgumentException if there is no such device here
    Device chosen(DType type) {
        List<Device> all = Device.all();
        DeviceOptions options = new DeviceOptions(type, graphs, vendorGemm());
        if (!name.equals(AUTO)) return noted(named(name, all)).with(options);
        Device cuda = named("cuda", all);
        String why = cuda.whyMissing();
        Device device = why.isEmpty() ? cuda : named(DeviceArgs.CPU, all);
        tell("device " + device.name() + (why.isEmpty() ? " (a GPU is here)" : " (" + why + ")"));
        return noted(device).with(options);
    }

    private Device noted(Device device) {
        String note = device.note();
        if (!note.isEmpty()) tell(note);
        return device;
    }

    /// Prints a line beside the results.
    void tell(String line) {
        var err = command.commandLine().getErr();
        err.println("gradine: " + line);
        err.flush();
    }

    /// What is to be typed for a command to compute on `device`. The CPU goes without saying.
    static List<String> typed(Device device) {
        if (device.name().equals(DeviceArgs.CPU)) return List.of();
        List<String> args = new ArrayList<>(List.of("--device", device.name()));
        DeviceOptions options = device.options();
        if (options.vendorGemm()) args.addAll(List.of("--gemm", DeviceArgs.CUBLAS));
        if (options.graphs()) args.add("--cuda-graphs");
        return args;
    }

    /// Device and whose products.
    void describe(Map<String, Object> settings) {
        settings.put("device", resolved());
        settings.put("gemm", gemm);
    }

    private String resolved() {
        if (!name.equals(AUTO)) return name;
        return named("cuda", Device.all()).whyMissing().isEmpty() ? "cuda" : DeviceArgs.CPU;
    }

    private boolean vendorGemm() {
        return switch (gemm) {
            case OWN -> false;
            case DeviceArgs.CUBLAS -> true;
            default -> throw new IllegalArgumentException("--gemm: \"%s\", expected own or cublas".formatted(gemm));
        };
    }

    private static Device named(String name, List<Device> all) {
        for (Device d : all) if (d.name().equals(name)) return d;
        String names = all.stream().map(Device::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("--device: \"%s\", expected auto, %s".formatted(name, names));
    }
}
