package dev.gradine.cli;

import dev.gradine.io.AtomicFiles;
import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.StepLoop;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.MetricsLog;
import dev.gradine.train.PeakMemory;
import dev.gradine.train.Progress;
import dev.gradine.train.RunCheckpoint;
import dev.gradine.train.Screen;
import dev.gradine.train.StopSignal;
import dev.gradine.train.report.Report;
import dev.gradine.train.report.RunInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// One run of a training command: its folder, its step loop, what it prints and what it leaves behind.
///
/// The folder gets `metrics.jsonl` and `run.json` from the start, `checkpoints/` on the way, and in the end the adapter
/// and `report.html`.
final class TrainingRun<E> implements StepLoop.Listener {

    /// What a run is made of.
    ///
    /// @param kind name of the command
    /// @param title what it is called in full
    /// @param command arguments as the user typed them
    /// @param settings what decides the result
    record Plan<E>(
            String kind,
            String title,
            List<String> command,
            Map<String, Object> settings,
            Objective<E> objective,
            ExampleBatches<E> batches,
            List<E> held,
            RunInfo.Data data) {}

    private final TrainOptions args;
    private final RunFiles files;
    private final Plan<E> plan;
    private final LoadedModel loaded;
    private final AdapterSet adapted;
    private final Samples samples;
    private final StepLoop<E> loop;
    private final RunRecord record;
    private final MetricsLog log;
    private final Progress progress;

    TrainingRun(
            TrainOptions args,
            TrainSettings settings,
            Plan<E> plan,
            LoadedModel loaded,
            AdapterSet adapted,
            Samples samples) {
        this.args = args;
        files = args.files();
        this.plan = plan;
        this.loaded = loaded;
        this.adapted = adapted;
        this.samples = samples;
        var task = new StepLoop.Task<>(
                plan.objective(),
                settings.groups(adapted.trained()),
                plan.batches(),
                ExampleBatches.cut(plan.held(), args.batches().batch()));
        loop = new StepLoop<>(settings, task, loaded.run(), this);
        samples.remember(loaded, adapted); // before a checkpoint is restored: as the model was when the run began
        int from = prepareFolder();
        log = from == 0
                ? MetricsLog.create(files.out().resolve(MetricsLog.FILE))
                : MetricsLog.resume(files.out().resolve(MetricsLog.FILE), from);
        progress = new Progress(Screen.ofStderr(), plan.kind(), from, settings.steps(), headline());
        record = new RunRecord(files.out(), plan, loaded, adapted);
    }

    /// Fails unless a run may write to `out`; called before anything slow happens.
    static void requireFolder(Path out, boolean resumes) {
        if (!resumes) AtomicFiles.requireFree(out);
        else if (!RunCheckpoint.exists(out)) {
            throw new IllegalArgumentException("--resume: " + out + " has no checkpoint to go on from");
        }
    }

    private int prepareFolder() {
        try {
            Files.createDirectories(files.out());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!files.resume()) return 0;
        RunCheckpoint c = RunCheckpoint.latest(files.out());
        c.requireSettings(plan.settings());
        c.restore(loop.state(), loaded.run());
        loop.resumeAfter(c.step(), c.work());
        return c.step();
    }

    /// The metric shown beside the loss.
    private String headline() {
        return Metric.headlines(plan.objective().metrics()).getLast();
    }

    /// Runs to the end or until interrupted, then says what came of it.
    ///
    /// @return exit code of the command
    int run(PrintWriter out) {
        try (StopSignal stop = new StopSignal();
                log) {
            boolean finished = loop.run(stop);
            progress.close();
            if (finished) finish();
            record.end(finished ? RunInfo.Status.FINISHED : RunInfo.Status.INTERRUPTED, "", samples);
            Report.write(files.out());
            record.summarise(out, finished, loop.bytesSavedByCheckpoints());
            if (files.profile()) out.printf("%n%s", args.profile().table());
            out.flush();
            return finished ? 0 : 130;
        } catch (RuntimeException e) {
            progress.close();
            fail(e);
            throw e;
        }
    }

    /// Says in the run's folder that it failed; on a full disk even that may not be possible.
    private void fail(RuntimeException cause) {
        try {
            record.end(RunInfo.Status.FAILED, String.valueOf(cause.getMessage()), samples);
            Report.write(files.out());
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    private void finish() {
        AdapterFolder.save(adapted, files.out(), files.model().toString(), loaded.run());
        RunCheckpoint.clear(files.out());
        samples.ask(loaded, adapted);
    }

    @Override
    public void begins(int step) {
        args.profile().begin();
    }

    @Override
    public void step(int step, SequencedMap<String, Double> metrics) {
        args.profile().end();
        metrics.put("peak_memory_mb", PeakMemory.now().mb());
        log.write(step, metrics);
        progress.update(step, metrics);
    }

    @Override
    public void evaluated(int step, SequencedMap<String, Double> metrics) {
        log.write(step, metrics);
        record.evaluated(step, metrics);
        StringBuilder line = new StringBuilder("step " + step);
        Map<String, Double> shown = new LinkedHashMap<>(metrics);
        plan.objective().metrics().stream()
                .filter(m -> !m.hasDirection())
                .forEach(m -> shown.remove("eval_" + m.name()));
        shown.forEach((name, value) -> line.append("  %s %.4f".formatted(name, value)));
        progress.note(line.toString());
    }

    @Override
    public void save(int step, double work) {
        Path out = files.out();
        var state = new RunCheckpoint.Progress(
                step,
                work,
                plan.settings(),
                folder -> AdapterFolder.save(adapted, folder, files.model().toString(), loaded.run()));
        RunCheckpoint.save(out, loop.state(), state, loaded.run());
    }
}
