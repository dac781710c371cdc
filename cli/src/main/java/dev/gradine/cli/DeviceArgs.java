package dev.gradine.cli;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Which device a command computes on.
///
/// The default is the CPU and not `auto`: asking for a GPU loads its driver, which takes longer than
/// a whole `--help`.
@HelpGroup.Heading("Device")
final class DeviceArgs {

    static final String CPU = "cpu";
    private static final String AUTO = "auto";
    private static final String OWN = "own";
    private static final String CUBLAS = "cublas";

    @Option(
            names = "--device",
            defaultValue = CPU,
            paramLabel = "NAME",
            description = "Where to compute: cpu, cuda (an NVIDIA GPU), sim (its kernels on a simulator: slow, checks"
                    + " every access) or auto: cuda where there is a GPU, else cpu (default ${DEFAULT-VALUE}).")
    private String name = CPU;

    @Option(
            names = "--dtype",
            defaultValue = "f32",
            paramLabel = "TYPE",
            description =
                    "What layers compute in: f32, or bf16 on cuda and sim; adapters, optimiser and losses stay f32"
                            + " (default ${DEFAULT-VALUE}).")
    private String dtype = "f32";

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
    /// @throws IllegalArgumentException if there is no such device here
    Device chosen() {
        List<Device> all = Device.all();
        DeviceOptions options = new DeviceOptions(dataType(), graphs, vendorGemm());
        if (!name.equals(AUTO)) return noted(named(name, all)).with(options);
        Device cuda = named("cuda", all);
        String why = cuda.whyMissing();
        Device device = why.isEmpty() ? cuda : named(CPU, all);
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

    /// What is to be typed for a command to compute on `device` in its way. The CPU goes without saying.
    static List<String> typed(Device device) {
        if (device.name().equals(CPU)) return List.of();
        List<String> args = new ArrayList<>(List.of("--device", device.name()));
        DeviceOptions options = device.options();
        if (options.dataType() != DType.F32) {
            args.addAll(List.of("--dtype", options.dataType().name().toLowerCase(Locale.ROOT)));
        }
        if (options.vendorGemm()) args.addAll(List.of("--gemm", CUBLAS));
        if (options.graphs()) args.add("--cuda-graphs");
        return args;
    }

    /// What decides the last bits of a result: type, device and whose products. Graphs start the same kernels.
    void describe(Map<String, Object> settings) {
        settings.put("dtype", dtype);
        settings.put("device", resolved());
        settings.put("gemm", gemm);
    }

    private String resolved() {
        if (!name.equals(AUTO)) return name;
        return named("cuda", Device.all()).whyMissing().isEmpty() ? "cuda" : CPU;
    }

    private DType dataType() {
        return switch (dtype) {
            case "f32" -> DType.F32;
            case "bf16" -> DType.BF16;
            default -> throw new IllegalArgumentException("--dtype: \"%s\", expected f32 or bf16".formatted(dtype));
        };
    }

    private boolean vendorGemm() {
        return switch (gemm) {
            case OWN -> false;
            case CUBLAS -> true;
            default -> throw new IllegalArgumentException("--gemm: \"%s\", expected own or cublas".formatted(gemm));
        };
    }

    private static Device named(String name, List<Device> all) {
        for (Device d : all) if (d.name().equals(name)) return d;
        String names = all.stream().map(Device::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("--device: \"%s\", expected auto, %s".formatted(name, names));
    }
}
