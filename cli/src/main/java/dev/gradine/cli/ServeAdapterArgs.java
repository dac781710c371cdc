package dev.gradine.cli;

import dev.gradine.serve.AdapterLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Option;

/// Which adapters are served, and how many at once.
final class ServeAdapterArgs {

    @Option(
            names = "--lora-modules",
            arity = "1..*",
            paramLabel = "NAME=DIR",
            description = "Adapters in PEFT's format, of any method, and the names that requests call them by; or as"
                    + " JSON, {\"name\": NAME, \"path\": DIR, \"base_model_name\": MODEL}, one or a list of them.")
    private List<String> modules = new ArrayList<>();

    @Option(
            names = "--max-loras",
            defaultValue = "0",
            paramLabel = "N",
            description = "Most different adapters that texts are written with at once; requests for others wait, 0 for"
                    + " any number (default ${DEFAULT-VALUE}).")
    private int maxLoras;

    @Option(
            names = "--max-cpu-loras",
            defaultValue = "0",
            paramLabel = "N",
            description = "Most adapters in memory; the one used longest ago is put away, and read again from its"
                    + " folder when it is asked for, 0 for any number (default ${DEFAULT-VALUE}).")
    private int maxCpuLoras;

    @Option(
            names = "--max-lora-rank",
            defaultValue = "0",
            paramLabel = "R",
            description = "Largest rank of an adapter; those above it are refused, 0 for any (default ${DEFAULT-VALUE}:"
                    + " adapters of different ranks cost no more than their own).")
    private int maxLoraRank;

    /// Their folders by name.
    ///
    /// @param base name of the model that is served
    /// @throws IllegalArgumentException names what is wrong
    SequencedMap<String, Path> folders(String base) {
        return LoraModules.folders(modules, base);
    }

    /// @throws IllegalArgumentException names the option that is out of range
    AdapterLimits limits() {
        if (maxCpuLoras > 0 && maxLoras > maxCpuLoras) {
            throw new IllegalArgumentException(
                    "--max-loras: %d, expected at most %d (--max-cpu-loras)".formatted(maxLoras, maxCpuLoras));
        }
        return new AdapterLimits(
                most("--max-loras", maxLoras),
                most("--max-cpu-loras", maxCpuLoras),
                most("--max-lora-rank", maxLoraRank));
    }

    private static int most(String option, int value) {
        if (value < 0) throw new IllegalArgumentException(option + ": " + value + ", expected at least 0 (0 for any)");
        return value == 0 ? Integer.MAX_VALUE : value;
    }
}
