package dev.gradine.cli;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Where a command computes, and in what.
@HelpGroup.Heading("Device")
final class DeviceArgs {

    static final String CPU = "cpu";
    static final String CUBLAS = "cublas";

    @Mixin
    private PlaceArgs place = new PlaceArgs();

    @Option(
            names = "--dtype",
            defaultValue = "f32",
            paramLabel = "TYPE",
            description =
                    "What layers compute in: f32, or bf16 on cuda and sim; adapters, optimiser and losses stay f32"
                            + " (default ${DEFAULT-VALUE}).")
    private String dtype = "f32";

    /// The device asked for; for `auto`, one line says which it is and why not the other.
    ///
    /// @throws IllegalArgumentException if there is no such device here
    Device chosen() {
        return place.chosen(dataType());
    }

    /// Prints a line beside the results.
    void tell(String line) {
        place.tell(line);
    }

    /// What is to be typed for a command to compute on `device` in its way. The CPU goes without saying.
    static List<String> typed(Device device) {
        List<String> args = new ArrayList<>(PlaceArgs.typed(device));
        DType type = device.options().dataType();
        if (type != DType.F32) args.addAll(2, List.of("--dtype", type.name().toLowerCase(Locale.ROOT)));
        return args;
    }

    /// What decides the last bits of a result: type, device and whose products. Graphs start the same kernels.
    void describe(Map<String, Object> settings) {
        settings.put("dtype", dtype);
        place.describe(settings);
    }

    private DType dataType() {
        return switch (dtype) {
            case "f32" -> DType.F32;
            case "bf16" -> DType.BF16;
            default -> throw new IllegalArgumentException("--dtype: \"%s\", expected f32 or bf16".formatted(dtype));
        };
    }
}
