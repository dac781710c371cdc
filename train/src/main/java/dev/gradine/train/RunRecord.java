package dev.gradine.train;

import dev.gradine.models.OpenModel;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Keeps `run.json` of a run's folder true from its start to its end.
final class RunRecord {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssXXX");

    private final Path out;
    private final OpenModel loaded;
    private final long start = System.nanoTime();
    private final Map<String, Double> evalBefore = new LinkedHashMap<>();
    private final Map<String, Double> evalAfter = new LinkedHashMap<>();
    private RunInfo info;

    RunRecord(Path out, RunHost host, RunLoop.Plan<?> plan, OpenModel loaded, AdapterSet adapted) {
        this.out = out;
        this.loaded = loaded;
        var launch = new RunInfo.Launch(host.command(), plan.kind(), host.version(), now());
        long parameters = loaded.text().weights().stream()
                .map(Weight::param)
                .collect(Collectors.toSet()) // tied weights once
                .stream()
                .mapToLong(p -> p.value().size())
                .sum();
        info = RunInfo.begun(launch, MachineInfo.here(loaded.run()), plan.deciding())
                .with(new RunInfo.Objective(plan.title(), plan.objective().metrics()))
                .with(plan.data())
                .with(new RunInfo.Model(
                        loaded.source().toString(),
                        loaded.checkpoint().format(),
                        parameters + adapted.trainedValues(),
                        adapted.trainedValues()));
        info.write(out);
    }

    private static String now() {
        return OffsetDateTime.now(ZoneId.systemDefault()).format(TIME);
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
        return MetricsLog.evaluations(out).getOrDefault(0, Map.of());
    }

    /// What is known of the run so far.
    RunInfo info() {
        return info;
    }
}
