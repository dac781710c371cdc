package dev.gradine.cli;

import dev.gradine.cli.bench.Choice;
import dev.gradine.cli.bench.Measured;
import dev.gradine.cli.bench.ModelRows;
import dev.gradine.cli.gpu.GpuBench;
import dev.gradine.cli.gpu.GpuRow;
import dev.gradine.cli.gpu.Torch;
import dev.gradine.cuda.CudaKernels;
import dev.gradine.cuda.driver.Card;
import dev.gradine.cuda.driver.CuBlas;
import dev.gradine.cuda.driver.CudaDevice;
import dev.gradine.cuda.driver.Driver;
import dev.gradine.io.Json;
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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine gpu bench`: how fast the kernels are on this card.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Time the CUDA kernels on a card, beside cuBLAS and PyTorch where they are installed.")
final class GpuBenchCommand implements Runnable {

    @Option(names = "--only", paramLabel = "TEXT", description = "Only works whose name contains this.")
    private String only = "";

    @Option(
            names = "--gemm",
            defaultValue = "cublas",
            paramLabel = "NAME",
            description = "own: our products alone; cublas: beside cuBLAS (default ${DEFAULT-VALUE}).")
    private String gemm = "";

    @Option(names = "--model", paramLabel = "DIR|FILE", description = "Measure whole steps of this model, too.")
    private @Nullable Path model;

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

    @Override
    public void run() {
        if (!List.of("own", "cublas").contains(gemm)) {
            throw new IllegalArgumentException("--gemm: \"" + gemm + "\", expected own or cublas");
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        PrintWriter print = spec.commandLine().getOut();
        Card card = new CudaDevice().openCard();
        try (CudaKernels cuda = CudaKernels.open(card)) {
            Torch torch = noTorch ? new Torch(Map.of(), "left out") : Torch.measure();
            print.println(card.name() + ", CUDA " + Driver.version());
            List<CuBlas> cublas = gemm.equals("own") ? List.of() : CuBlas.on(card);
            print.println(GpuRow.head());
            new GpuBench(card, cublas, torch).run(cuda, name -> name.contains(only), print::println, row -> {
                rows.add(row.json());
                print.println(row.line());
                print.flush();
            });
            cublas.forEach(CuBlas::close);
            if (!rows.isEmpty()) append(card.name(), rows, print);
        }
        if (model != null) steps(model, print);
        if (rows.isEmpty()) throw new IllegalArgumentException("--only: \"" + only + "\" is in no work's name");
        print.flush();
    }

    /// Steps of SFT and DPO, prefill and decoding, in tokens a second.
    private static void steps(Path model, PrintWriter print) {
        print.println(Measured.head(""));
        try (LoadedModel m = new LoadedModel(model, new CudaDevice()::open)) {
            new ModelRows(m.model(), m.run(), new Choice(_ -> true, 0), row -> print.println(row.line())).run();
        }
    }

    private void append(String card, List<Map<String, Object>> rows, PrintWriter print) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("time", Instant.now().toString());
        json.put("card", card);
        json.put("driver", Driver.version());
        json.put("rows", rows);
        Path file = file(card);
        try {
            Files.writeString(file, Json.line(json) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        print.println("appended to " + file);
    }

    private Path file(String card) {
        if (out != null) return out;
        String folder = System.getProperty("gradine.results", "");
        String name =
                card.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        String file = LocalDate.now(ZoneOffset.UTC) + "-" + name + ".jsonl";
        return folder.isEmpty() ? Path.of("gpu-bench.jsonl") : Path.of(folder).resolve(file);
    }
}
