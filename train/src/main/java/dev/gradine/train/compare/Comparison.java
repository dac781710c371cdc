package dev.gradine.train.compare;

import dev.gradine.optim.Metric;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What differs between runs.
public final class Comparison {

    private static final String NONE = "–";

    private final List<ComparedRun> runs;

    private Comparison(List<ComparedRun> runs) {
        this.runs = runs;
    }

    /// One number of each run.
    ///
    /// @param title what it is
    /// @param better which way is better
    /// @param values of the runs in order; null where a run has none
    record Figure(String title, Metric.Better better, List<@Nullable Double> values) {

        /// Whether the run of this number has the best value, and not all have the same.
        boolean isBest(int run) {
            Double own = values.get(run);
            if (own == null || better == Metric.Better.NEITHER) return false;
            boolean differs = false;
            for (Double v : values) {
                if (v == null) continue;
                differs |= !v.equals(own);
                if (better == Metric.Better.LOWER ? v < own : v > own) return false;
            }
            return differs;
        }
    }

    /// Reads the runs of some folders.
    ///
    /// @throws IllegalArgumentException if there are fewer than two
    /// @throws dev.gradine.train.RunFileException if a folder has no run
    public static Comparison of(List<Path> folders) {
        if (folders.size() < 2) {
            throw new IllegalArgumentException("compare: %d run, expected at least two".formatted(folders.size()));
        }
        List<ComparedRun> runs = new ArrayList<>();
        for (Path folder : folders) {
            ComparedRun run = ComparedRun.read(folder);
            boolean taken = runs.stream().anyMatch(r -> r.name().equals(run.name()));
            runs.add(taken ? run.named(folder.toString()) : run);
        }
        return new Comparison(List.copyOf(runs));
    }

    /// Of runs that are read already, however many; one that goes on has its numbers so far.
    public static Comparison among(List<ComparedRun> runs) {
        return new Comparison(List.copyOf(runs));
    }

    List<ComparedRun> runs() {
        return runs;
    }

    /// Settings that are not the same in all runs, by name; one text for each run.
    SequencedMap<String, List<String>> settings() {
        List<Map<String, Object>> all = runs.stream().map(Comparison::settings).toList();
        Set<String> names = new LinkedHashSet<>();
        all.forEach(m -> names.addAll(m.keySet()));
        SequencedMap<String, List<String>> differing = new LinkedHashMap<>();
        for (String name : names) {
            List<String> values = all.stream()
                    .map(m -> m.containsKey(name) ? String.valueOf(m.get(name)) : NONE)
                    .toList();
            if (values.stream().distinct().count() > 1) differing.put(name, values);
        }
        return differing;
    }

    private static Map<String, Object> settings(ComparedRun run) {
        RunInfo info = run.info();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("command", info.launch().kind());
        all.put("model", info.model().source());
        all.put("data", String.join(", ", info.data().files()));
        all.putAll(info.settings());
        all.put("version", info.launch().version());
        all.put("processor", info.machine().cpu());
        return all;
    }

    /// Final figures: those that at least one run has.
    List<Figure> figures() {
        List<Figure> all = new ArrayList<>();
        add(
                all,
                "training loss",
                Metric.Better.LOWER,
                r -> r.losses().isEmpty() ? null : r.losses().getLast());
        SequencedMap<String, Metric> metrics = new LinkedHashMap<>();
        runs.forEach(r -> r.info().objective().metrics().forEach(m -> metrics.putIfAbsent(m.name(), m)));
        metrics.forEach((name, metric) -> add(
                all,
                "eval_" + name,
                metric.better(),
                r -> r.info().outcome().evalAfter().get("eval_" + name)));
        add(all, "trained values", Metric.Better.NEITHER, r ->
                (double) r.info().model().trained());
        add(all, "seconds", Metric.Better.LOWER, r -> r.info().end().seconds());
        add(all, "peak memory, MB", Metric.Better.LOWER, r -> r.info().memory().peakMb());
        return all;
    }

    private void add(List<Figure> all, String title, Metric.Better better, Function<ComparedRun, @Nullable Double> of) {
        List<@Nullable Double> values = new ArrayList<>();
        for (ComparedRun r : runs) values.add(of.apply(r));
        if (values.stream().anyMatch(v -> v != null && v != 0)) all.add(new Figure(title, better, values));
    }

    /// Metrics that at least two runs have logged at two steps or more, such as `loss`.
    List<String> curves() {
        Set<String> names = new LinkedHashSet<>();
        for (ComparedRun r : runs) for (Map<String, Object> line : r.log()) names.addAll(line.keySet());
        names.removeAll(Set.of("step", "epoch", "num_tokens", "step_seconds"));
        return names.stream()
                .filter(n -> runs.stream().filter(r -> r.curve(n).size() > 1).count() > 1)
                .toList();
    }

    /// Answers after training by prompt; one for each run, empty where a run was not asked.
    SequencedMap<String, List<String>> samples() {
        SequencedMap<String, List<String>> all = new LinkedHashMap<>();
        for (ComparedRun r : runs) {
            for (RunInfo.Sample s : r.info().outcome().samples()) {
                all.computeIfAbsent(
                        s.prompt(), p -> runs.stream().map(x -> answer(x, p)).toList());
            }
        }
        return all;
    }

    private static String answer(ComparedRun run, String prompt) {
        return run.info().outcome().samples().stream()
                .filter(s -> s.prompt().equals(prompt))
                .map(RunInfo.Sample::after)
                .findFirst()
                .orElse("");
    }
}
