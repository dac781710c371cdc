package dev.gradine.cli;

import dev.gradine.train.MachineInfo;
import dev.gradine.train.report.RunInfo;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What figures were measured with.
///
/// @param model file name of the model
/// @param data file name of the rows
/// @param machine where
/// @param loadBefore processes that wanted to run in the minute before
record LabSurroundings(String model, String data, RunInfo.Machine machine, double loadBefore) {

    static LabSurroundings now(LoadedModel m, Path data) {
        return new LabSurroundings(name(m.open().source()), name(data), MachineInfo.here(m.run()), load());
    }

    private static String name(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    /// All of it, with the command, in which files lose their folders.
    Map<String, String> told(List<String> typed) {
        Map<String, String> all = new LinkedHashMap<>();
        List<String> words = typed.stream().map(LabSurroundings::brief).toList();
        all.put("command", "./" + String.join(" ", words));
        all.put("model", model);
        all.put("data", data);
        all.put(
                "machine",
                "%s, %d cores, vectors of %d bits, %s"
                        .formatted(machine.cpu(), machine.cores(), machine.vectorBits(), machine.os()));
        all.put("Java", machine.java());
        all.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        all.put(
                "load of the machine",
                String.format(
                        Locale.ROOT,
                        "%.1f processes that want to run before, %.1f after, on %d cores",
                        loadBefore,
                        load(),
                        machine.cores()));
        return all;
    }

    private static String brief(String word) {
        boolean isFile = word.startsWith("/");
        return isFile ? name(Path.of(word)) : word;
    }
}
