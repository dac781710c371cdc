package dev.gradine.cli;

import dev.gradine.cli.bench.GemmRows;
import dev.gradine.cli.bench.KernelRows;
import dev.gradine.cli.bench.Measured;
import dev.gradine.cli.bench.ModelRows;
import dev.gradine.io.Json;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.cpu.PeakRate;
import dev.gradine.train.PeakMemory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine bench`: how fast this machine is at what the project does.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measure matrix products and, with a model, whole training steps, prefill and decoding.")
final class BenchCommand implements Runnable {

    @Option(names = "--model", paramLabel = "DIR|FILE", description = "Measure whole steps of this model, too.")
    private List<Path> model = new ArrayList<>();

    @Option(names = "--out", paramLabel = "FILE", description = "Append the figures to this file, a JSON line a run.")
    private List<Path> out = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private final List<Measured> rows = new ArrayList<>();

    @Override
    public void run() {
        PrintWriter print = spec.commandLine().getOut();
        String device;
        try (Kernels run = CpuKernels.open()) {
            device = run.name();
            print.printf("%s, %s%n", MachineInfo.here(run).cpu(), device);
            print.printf("%-44s %10s %10s %-9s %8s%n", "work", "best", "median", "", "of peak");
            double peak = PeakRate.gflops();
            show(print, new Measured("multiply-adds in registers: the peak", "GFLOP/s", peak, peak, 100));
            GemmRows.run(run, peak, row -> show(print, row));
            KernelRows.run(run, row -> show(print, row));
        }
        for (Path m : model) {
            try (LoadedModel loaded = new LoadedModel(m)) {
                new ModelRows(loaded.model(), loaded.run(), row -> show(print, row)).run();
            }
        }
        double peak = PeakMemory.now().mb();
        print.printf("%-44s %10.0f %10s %s%n", "peak memory of all of the above", peak, "", "MB");
        print.flush();
        for (Path file : out) append(file, device, peak);
    }

    private void show(PrintWriter print, Measured row) {
        rows.add(row);
        print.println(row.line());
        print.flush();
    }

    private void append(Path file, String device, double peak) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("time", Instant.now().toString());
        json.put("cpu", MachineInfo.cpu());
        json.put("device", device);
        json.put("java", Runtime.version().toString());
        json.put("peak_memory_mb", peak);
        json.put("rows", rows.stream().map(Measured::json).toList());
        try {
            Files.writeString(file, Json.line(json) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
