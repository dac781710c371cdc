package dev.gradine.cli;

import dev.gradine.nn.Weight;
import dev.gradine.optim.Metric;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.MetricsLog;
import dev.gradine.train.PeakMemory;
import dev.gradine.train.report.Report;
import dev.gradine.train.report.RunInfo;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Keeps `run.json` of a run's folder true from its start to its end.
final class RunRecord {

    private final Path out;
    private final LoadedModel loaded;
    private final List<String> headlines;
    private final long start = System.nanoTime();
    private final Map<String, Double> evalBefore = new LinkedHashMap<>();
    private final Map<String, Double> evalAfter = new LinkedHashMap<>();
    private RunInfo info;

    RunRecord(Path out, TrainingRun.Plan<?> plan, LoadedModel loaded, AdapterSet adapted) {
        this.out = out;
        this.loaded = loaded;
        headlines = Metric.headlines(plan.objective().metrics());
        var launch = new RunInfo.Launch(plan.command(), plan.kind(), Main.version(), now());
        long parameters = loaded.model().weights().stream()
                .map(Weight::param)
                .collect(Collectors.toSet()) // tied weights once
                .stream()
                .mapToLong(p -> p.value().size())
                .sum();
        info = RunInfo.begun(launch, MachineInfo.here(loaded.run()), plan.settings())
                .with(new RunInfo.Objective(
                        plan.title(), plan.objective().metrics()))
                .with(plan.data())
                .with(new RunInfo.Model(
                        loaded.source().toString(),
                        loaded.checkpoint().format(),
                        parameters + adapted.trainedValues(),
                        adapted.trainedValues()));
        info.write(out);
    }

    private static String now() {
        return OffsetDateTime.now(ZoneId.systemDefault())
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
    }

    void evaluated(int step, Map<String, Double> metrics) {
        Map<String, Double> to = step == 0 ? evalBefore : evalAfter;
        to.clear();
        to.putAll(metrics);
    }

    void end(RunInfo.Status status, String message, Samples samples) {
        double mb = 1 << 20;
        double weights = (loaded.run().bytesInUse() + loaded.weightBytes()) / mb;
        double step = loaded.run().peakStepBytes() / mb;
        if (evalBefore.isEmpty()) evalBefore.putAll(loggedBefore());
        info = info.with(new RunInfo.Memory(PeakMemory.now().mb(), weights, step))
                .with(new RunInfo.Outcome(evalBefore, evalAfter, samples.pairs(), List.of()))
                .with(new RunInfo.End(status, message, now(), (System.nanoTime() - start) * 1e-9));
        info.write(out);
    }

    /// The evaluation before the first step, of a run that was resumed since.
    private Map<String, Double> loggedBefore() {
        Map<String, Double> before = new LinkedHashMap<>();
        Path log = out.resolve(MetricsLog.FILE);
        if (!Files.exists(log)) return before;
        for (Map<String, Object> row : MetricsLog.read(log)) {
            if (!Long.valueOf(0).equals(row.get("step"))) continue;
            row.forEach((name, value) -> {
                if (name.startsWith("eval_") && value instanceof Number n) before.put(name, n.doubleValue());
            });
        }
        return before;
    }

    /// What came of the run, in a few lines.
    ///
    /// @param savedBytes what checkpoints have saved of each step's memory; 0 without them
    void summarise(PrintWriter print, boolean finished, long savedBytes) {
        for (String headline : headlines) {
            String name = "eval_" + headline;
            Double before = evalBefore.get(name);
            Double after = evalAfter.get(name);
            if (before != null && after != null) print.printf("%-26s %.4f → %.4f%n", name, before, after);
        }
        RunInfo.Model m = info.model();
        print.printf(
                "%-26s %,d of %,d parameters (%.2f %%)%n",
                "trained", m.trained(), m.parameters(), 100.0 * m.trained() / m.parameters());
        print.printf("%-26s %.0f s%n", "time", info.end().seconds());
        print.printf("%-26s %.0f MB%n", "peak memory", info.memory().peakMb());
        if (savedBytes > 0) {
            print.printf("%-26s %.1f MB of each step%n", "saved by checkpointing", savedBytes / (double) (1 << 20));
        }
        print.printf("%-26s %s%n", finished ? "adapter" : "interrupted; --resume goes on", out);
        print.printf("%-26s %s%n", "report", out.resolve(Report.FILE));
        print.flush();
    }
}
