package dev.gradine.cli;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import dev.gradine.lab.methods.MethodPage;
import dev.gradine.lab.methods.MethodPapers;
import dev.gradine.lab.methods.MethodPlan;
import dev.gradine.lab.methods.MethodRow;
import dev.gradine.lab.methods.MethodRows;
import dev.gradine.lab.methods.MethodTrial;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine lab adapters`: every adapter method on a user's own model and data.
@Command(
        name = "adapters",
        mixinStandardHelpOptions = true,
        description =
                "Train a model with every adapter method on the same rows, each in a process of its own, and compare"
                        + " values trained, memory, speed and held-out loss.")
final class LabAdaptersCommand implements Callable<Integer> {

    @Option(names = "--model", required = true, paramLabel = "DIR|FILE", description = "Model to train.")
    private Path model = Path.of("");

    @Option(
            names = "--data",
            required = true,
            paramLabel = "FILE",
            description = "Rows to learn from, as sft reads them.")
    private Path data = Path.of("");

    @Option(names = "--steps", paramLabel = "N", description = "Steps of each training (default 10).")
    private int steps = 10;

    @Option(names = "--batch", paramLabel = "N", description = "Rows of a step (default 4).")
    private int batch = 4;

    @Option(names = "--max-length", paramLabel = "TOKENS", description = "Tokens of a row (default 128).")
    private int maxLength = 128;

    @Option(names = "--held", paramLabel = "N", description = "Rows to measure on (default 16).")
    private int held = 16;

    @Option(
            names = "--rates",
            split = ",",
            paramLabel = "X",
            description = "Learning rates, each of which is tried with each method (default 1e-4,1e-3,1e-2).")
    private List<Double> rates = new ArrayList<>(List.of(1e-4, 1e-3, 1e-2));

    @Option(names = "--only", split = ",", paramLabel = "NAME", description = "Methods to compare (default: all).")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--with",
            paramLabel = "NAME:OPTION=VALUE",
            description = "An option of one method, such as vblora:vector-length=64; may be repeated.")
    private List<String> with = new ArrayList<>();

    @Option(
            names = "--rows",
            paramLabel = "FILE",
            description = "Keep what is measured in a file; methods that are in it already are not measured again.")
    private @Nullable Path rows;

    @Option(names = "--write", paramLabel = "FILE", description = "Write a page of Markdown, too.")
    private @Nullable Path write;

    @Option(names = "--in-process", description = "Measure in this process: memory is then that of all methods so far.")
    private boolean inProcess;

    @Option(names = "--json", description = "Print a line of JSON for each method, and nothing else.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        MethodPlan plan = new MethodPlan(steps, batch, maxLength, held, rates, options());
        List<String> names = only.isEmpty() ? MethodPlan.names() : only;
        names.forEach(plan::method);
        Path root = write == null ? Path.of("") : Project.root();
        try (LoadedModel m = new LoadedModel(model)) {
            MethodTrial trial = new MethodTrial(m.open(), data, plan);
            long base = m.model().weights().stream()
                    .map(w -> w.param())
                    .distinct()
                    .mapToLong(p -> p.value().size())
                    .sum();
            MethodPage page = new MethodPage(plan, new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>());
            LabSurroundings around = LabSurroundings.now(m, data);
            SequencedMap<String, MethodRow> known =
                    rows == null ? new LinkedHashMap<>() : new MethodRows(rows, plan).read();
            page.rows().addAll(known.values());
            for (String name : names) if (!known.containsKey(name)) measure(name, trial, page);
            if (page.rows().isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", page.failures()));
            }
            page.surroundings().putAll(around.told(Main.typed(spec)));
            if (write != null) AtomicFiles.writeText(write, page.text(base, new MethodPapers(root)));
            if (!json) {
                page.table(base).forEach(this::print);
                page.failures().forEach(this::print);
            }
        }
        return 0;
    }

    private void measure(String name, MethodTrial trial, MethodPage page) {
        try {
            MethodRow row = inProcess ? trial.of(name) : LabProcess.run(arguments(name));
            page.rows().add(row);
            if (rows != null) new MethodRows(rows, page.plan()).add(row);
            if (json) print(Json.line(row.json()));
            else progress(name, page);
        } catch (IllegalArgumentException e) { // a method whose defaults do not fit this model
            String why = String.valueOf(e.getMessage());
            page.failures().add(why.startsWith(name + ":") ? why : name + ": " + why);
        }
    }

    private void progress(String name, MethodPage page) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("measured %s, %d so far".formatted(name, page.rows().size()));
        err.flush();
    }

    private List<String> arguments(String name) {
        List<String> args = new ArrayList<>(List.of("lab", "adapters", "--in-process", "--json", "--only", name));
        args.addAll(List.of("--model", model.toString(), "--data", data.toString()));
        args.addAll(List.of("--steps", "" + steps, "--batch", "" + batch, "--max-length", "" + maxLength));
        args.addAll(List.of("--held", "" + held));
        args.addAll(List.of(
                "--rates", String.join(",", rates.stream().map(String::valueOf).toList())));
        for (String option : with) args.addAll(List.of("--with", option));
        return args;
    }

    /// Options by method.
    private Map<String, Map<String, String>> options() {
        Map<String, Map<String, String>> all = new LinkedHashMap<>();
        for (String text : with) {
            int colon = text.indexOf(':');
            int equals = text.indexOf('=', colon + 1);
            if (colon < 0 || equals < 0) {
                throw new IllegalArgumentException("--with: \"%s\", expected NAME:OPTION=VALUE".formatted(text));
            }
            all.computeIfAbsent(text.substring(0, colon), _ -> new LinkedHashMap<>())
                    .put(text.substring(colon + 1, equals), text.substring(equals + 1));
        }
        return all;
    }

    private void print(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
