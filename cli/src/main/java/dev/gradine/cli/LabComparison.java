package dev.gradine.cli;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import dev.gradine.lab.page.KeptRows;
import dev.gradine.lab.page.PageRow;
import dev.gradine.lab.page.SourcePapers;
import dev.gradine.optim.TrainingException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What comparisons of the lab have in common: the rows they measure, one a name, each in a process of its own, kept in
/// a file, and written as a page.
final class LabComparison {

    @Option(names = "--model", required = true, paramLabel = "DIR|FILE", description = "Model to train.")
    private Path model = Path.of("");

    @Option(names = "--data", required = true, paramLabel = "FILE", description = "Rows to learn from.")
    private Path data = Path.of("");

    @Option(names = "--batch", paramLabel = "N", description = "Rows of a step (default 4).")
    private int batch = 4;

    @Option(names = "--max-length", paramLabel = "TOKENS", description = "Tokens of a row (default 128).")
    private int maxLength = 128;

    @Option(names = "--only", split = ",", paramLabel = "NAME", description = "Names to compare (default: all).")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--with",
            paramLabel = "NAME:OPTION=VALUE",
            description = "An option of one of them, such as lora:rank=4; may be repeated.")
    private List<String> with = new ArrayList<>();

    @Option(
            names = "--rows",
            paramLabel = "FILE",
            description = "Keep what is measured in a file; what is in it already is not measured again.")
    private @Nullable Path rows;

    @Option(names = "--write", paramLabel = "FILE", description = "Write a page of Markdown, too.")
    private @Nullable Path write;

    @Option(names = "--in-process", description = "Measure in this process: memory is then that of all so far.")
    private boolean inProcess;

    @Option(names = "--json", description = "Print a line of JSON for each, and nothing else.")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    /// What is compared.
    ///
    /// @param <R> what is measured of one name
    interface Of<R extends PageRow> {

        /// All there are.
        List<String> names();

        /// Fails if there is no such name, or its options cannot be read.
        void require(String name);

        /// How it is measured, in words.
        String plan();

        /// A row of its JSON.
        R row(Map<String, Object> json);

        /// What measures a name.
        Function<String, R> trial(LoadedModel m);

        /// Options of the command beside those of every comparison, as they are typed.
        List<String> typed();

        /// The rows as a table.
        Page page(Measured<R> measured, LoadedModel m);
    }

    /// What was measured.
    ///
    /// @param rows in the order they were measured
    /// @param failures what was told of names that could not be measured
    /// @param surroundings what it was measured with
    record Measured<R>(List<R> rows, List<String> failures, Map<String, String> surroundings) {}

    /// A table alone, and on a page.
    interface Page {

        List<String> table();

        String text(SourcePapers papers);
    }

    Path data() {
        return data;
    }

    int batch() {
        return batch;
    }

    int maxLength() {
        return maxLength;
    }

    /// Measures what is asked for and is not there yet, prints it, and writes the page.
    <R extends PageRow> void run(Of<R> what) {
        List<String> names = only.isEmpty() ? what.names() : only;
        names.forEach(what::require);
        Path root = write == null ? Path.of("") : Project.root();
        try (LoadedModel m = new LoadedModel(model)) {
            Function<String, R> trial = what.trial(m);
            LabSurroundings around = LabSurroundings.now(m, data);
            Measured<R> all = new Measured<>(new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>());
            List<KeptRows<R>> kept = rows == null ? List.of() : List.of(new KeptRows<>(rows, what.plan(), what::row));
            kept.forEach(k -> all.rows.addAll(k.read().values()));
            List<String> known = all.rows.stream().map(PageRow::name).toList();
            for (String name : names) {
                if (known.contains(name)) continue;
                try {
                    R row = inProcess ? trial.apply(name) : what.row(LabProcess.run(arguments(name, what)));
                    all.rows.add(row);
                    kept.forEach(k -> k.add(row));
                    if (json) print(Json.line(row.json()));
                    else progress(name, all.rows.size());
                } catch (IllegalArgumentException | TrainingException e) { // its defaults do not fit this model
                    String why = String.valueOf(e.getMessage());
                    all.failures.add(why.startsWith(name + ":") ? why : name + ": " + why);
                }
            }
            if (all.rows.isEmpty()) throw new IllegalArgumentException(String.join("; ", all.failures));
            all.surroundings.putAll(around.told(Main.typed(spec)));
            Page page = what.page(all, m);
            if (write != null) AtomicFiles.writeText(write, page.text(new SourcePapers(root)));
            if (json) return;
            page.table().forEach(this::print);
            all.failures.forEach(this::print);
        }
    }

    private List<String> arguments(String name, Of<?> what) {
        List<String> args = new ArrayList<>(List.of("lab", spec.name(), "--in-process", "--json", "--only", name));
        args.addAll(List.of("--model", model.toString(), "--data", data.toString()));
        args.addAll(List.of("--batch", "" + batch, "--max-length", "" + maxLength));
        args.addAll(what.typed());
        for (String option : with) args.addAll(List.of("--with", option));
        return args;
    }

    /// Options by name.
    Map<String, Map<String, String>> with() {
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

    private void progress(String name, int count) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("measured %s, %d so far".formatted(name, count));
        err.flush();
    }

    private void print(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
