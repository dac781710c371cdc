package dev.gradine.cli;

import dev.gradine.bench.Choice;
import dev.gradine.bench.gpu.GpuBench;
import dev.gradine.bench.gpu.GpuBenchSettings;
import dev.gradine.bench.gpu.GpuRow;
import dev.gradine.bench.gpu.GpuSteps;
import dev.gradine.bench.gpu.Torch;
import dev.gradine.cuda.driver.CuBlas;
import dev.gradine.cuda.driver.CudaGpu;
import dev.gradine.cuda.driver.Driver;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.device.CudaDevice;
import dev.gradine.io.Json;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine gpu bench`: how fast the kernels are on this GPU.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Time the CUDA kernels on a GPU, beside cuBLAS and PyTorch where they are installed.")
final class GpuBenchCommand implements Callable<Integer> {

    private static final String CUBLAS = "cublas";

    @Option(names = "--only", paramLabel = "TEXT", description = "Only works whose name contains this.")
    private String only = "";

    @Option(
            names = "--gemm",
            defaultValue = CUBLAS,
            paramLabel = "NAME",
            description =
                    "own: our products alone; cublas: beside cuBLAS, if it is installed (default ${DEFAULT-VALUE}).")
    private String gemm = "";

    @Option(names = "--model", paramLabel = "DIR|FILE", description = "Measure whole steps of this model in bf16, too.")
    private @Nullable Path model;

    @Option(
            names = "--steps",
            paramLabel = "NAME",
            description = "Measure whole steps of a model with random weights in bf16, too: " + GpuSteps.LLAMA_8B + ".")
    private String steps = "";

    @Option(names = "--cuda-graphs", description = "Start launches of whole steps that repeat as one.")
    private boolean graphs;

    @Option(names = "--no-torch", description = "Do not measure PyTorch.")
    private boolean noTorch;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Append the figures to this file, a JSON line a run (default: in a checkout jmh/results, else"
                    + " gpu-bench.jsonl here).")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private final List<GpuRow> rows = new ArrayList<>();
    private Map<String, Object> peaks = Map.of();
    private String gpu = "";
    private boolean hasCublas;

    @Override
    public Integer call() {
        if (!List.of("own", CUBLAS).contains(gemm)) {
            throw new IllegalArgumentException("--gemm: \"" + gemm + "\", expected own or cublas");
        }
        if (!List.of("", GpuSteps.LLAMA_8B).contains(steps)) {
            throw new IllegalArgumentException("--steps: \"" + steps + "\", expected " + GpuSteps.LLAMA_8B);
        }
        works();
        GpuSteps measured = new GpuSteps(GpuSteps.ofGpu(), new Choice(name -> name.contains(only), 0));
        Path file = model;
        if (file != null) {
            String name = String.valueOf(file.getFileName());
            measured.rows(name, vendor -> opened(file, vendor), products()).forEach(this::show);
        }
        if (!steps.isEmpty()) {
            measured.rows(steps, vendor -> GpuSteps.llama8b(() -> device(vendor)), products())
                    .forEach(this::show);
        }
        if (rows.isEmpty()) throw new IllegalArgumentException("--only: \"" + only + "\" is in no work's name");
        append();
        long wrong = rows.stream().filter(GpuRow::isWrong).count();
        if (wrong > 0) print().println(wrong + " WRONG: nothing was computed, or no number");
        print().flush();
        return wrong == 0 ? 0 : Failures.FAULT;
    }

    private PrintWriter print() {
        return spec.commandLine().getOut();
    }

    private void show(GpuRow row) {
        rows.add(row);
        print().println(row.line());
        print().flush();
    }

    private void works() {
        CudaDevice first = new CudaDevice();
        CudaGpu device = first.openGpu();
        try (CudaKernels cuda = CudaKernels.open(device)) {
            gpu = device.name();
            Torch torch = noTorch ? new Torch(Map.of(), "left out") : Torch.measure();
            print().println(gpu + ", CUDA " + Driver.version());
            if (!first.note().isEmpty()) print().println(first.note());
            List<CuBlas> cublas = gemm.equals(CUBLAS) ? CuBlas.on(device) : List.of();
            hasCublas = !cublas.isEmpty();
            print().println(GpuRow.head());
            GpuBench bench = new GpuBench(GpuBenchSettings.ofGpu(), device::seconds, cublas, torch);
            bench.run(cuda, name -> name.contains(only), print()::println, this::show);
            peaks = bench.peaks();
            cublas.forEach(CuBlas::close);
        }
    }

    private List<Boolean> products() {
        return hasCublas ? List.of(false, true) : List.of(false);
    }

    private Kernels device(boolean vendor) {
        return new CudaDevice().open(new DeviceOptions(DType.BF16, graphs, vendor));
    }

    private GpuSteps.Opened opened(Path file, boolean vendor) {
        LoadedModel m = new LoadedModel(file, () -> device(vendor));
        return GpuSteps.opened(m.model(), m.run(), m::close);
    }

    private void append() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("time", Instant.now().toString());
        json.put("card", gpu);
        json.put("driver", Driver.version());
        json.putAll(peaks);
        json.put("rows", rows.stream().map(GpuRow::json).toList());
        Path file = file();
        try {
            Files.writeString(file, Json.line(json) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        print().println("appended to " + file);
    }

    private Path file() {
        if (out != null) return out;
        String folder = System.getProperty("gradine.results", "");
        String name = gpu.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        String file = LocalDate.now(ZoneOffset.UTC) + "-" + name + ".jsonl";
        return folder.isEmpty() ? Path.of("gpu-bench.jsonl") : Path.of(folder).resolve(file);
    }
}
