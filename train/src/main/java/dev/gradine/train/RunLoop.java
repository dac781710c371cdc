package dev.gradine.train;

import dev.gradine.autograd.Tape;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.models.LabelledConfig;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Classifier;
import dev.gradine.optim.Batches;
import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.StepLoop;
import dev.gradine.optim.TrainSettings;
import dev.gradine.optim.Watching;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Shaping;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.train.report.Report;
import dev.gradine.train.report.RunInfo;
import dev.gradine.train.track.Tracker;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// The steps of one run, what is told of them and what they leave behind.
///
/// The folder gets `metrics.jsonl` and `run.json` from the start, `checkpoints/` on the way, and in the end the adapter
/// and `report.html`.
final class RunLoop<E> implements StepLoop.Listener {

    /// What is stepped through.
    ///
    /// @param kind name of the recipe
    /// @param title what it is called in full
    /// @param deciding what decides the result, by name
    /// @param template source of the chat template that was chosen; empty where it is the model's own
    /// @param shaping what the adapters do in training beside following the gradient
    record Plan<E>(
            String kind,
            String title,
            Map<String, Object> deciding,
            String template,
            Objective<E> objective,
            Batches<E> batches,
            List<List<E>> held,
            RunInfo.Data data,
            Shaping shaping) {}

    private final RunFiles files;
    private final TrainSettings train;
    private final RunHost host;
    private final Plan<E> plan;
    private final OpenModel model;
    private final AdapterSet adapted;
    private final Samples samples;
    private final StepLoop<E> loop;
    private final RunRecord record;
    private final MetricsLog log;
    private final SampleLog sampleLog;
    private final List<Tracker> trackers;
    private final TapeFile tapes;
    private final Unattended unattended;
    private final Optional<Best> best;
    private final Optional<WatchedRate> watched;
    private final long start = System.nanoTime();
    private final Progress progress;

    RunLoop(RunSettings settings, RunHost host, Plan<E> plan, OpenModel model, AdapterSet adapted, Samples samples) {
        files = settings.files();
        unattended = settings.unattended();
        best = unattended.choosesBest()
                ? Optional.of(new Best(unattended, plan.objective().metrics()))
                : Optional.empty();
        this.host = host;
        this.plan = plan;
        this.model = model;
        this.adapted = adapted;
        this.samples = samples;
        train = settings.train();
        StepLoop.Around shaped = new ShapedUpdates(plan.shaping());
        Optional<LayerNorms> norms = settings.trackers().showsLayers()
                ? Optional.of(new LayerNorms(shaped, adapted.trained(), model.run(), files.out()))
                : Optional.empty();
        watched = train.schedule() instanceof Watching w
                ? Optional.of(
                        new WatchedRate(w, train, unattended, plan.objective().metrics()))
                : Optional.empty();
        var task = new StepLoop.Task<>(
                plan.objective(),
                train.groups(adapted.trained()),
                plan.batches(),
                plan.held(),
                norms.isPresent() ? norms.get() : shaped);
        loop = new StepLoop<>(train, task, model.run(), this);
        // before a checkpoint is restored: as the model was when the run began
        samples.remember(model, adapted).forEach(host::tell);
        int from = restore();
        log = RunFolder.openLog(files, from);
        sampleLog = new SampleLog(files.out(), from);
        norms.ifPresent(n -> n.open(from));
        trackers = settings.trackers().open(files.out(), from, plan.deciding(), host::tell);
        tapes = new TapeFile(files.out(), files.tape(), () -> trackers.stream().anyMatch(Tracker::wishesTape));
        best.ifPresent(b -> MetricsLog.evaluations(files.out()).forEach(b::see));
        watched.ifPresent(w -> MetricsLog.evaluations(files.out()).forEach(w::see));
        progress = new Progress(Terminal.ofStderr(), plan.kind(), from, train.steps(), headline());
        record = new RunRecord(files.out(), host, plan, model, adapted);
    }

    /// Puts the state of the latest checkpoint in place, if the run resumes from one.
    ///
    /// @return steps taken
    private int restore() {
        List<RunCheckpoint> found = checkpoint();
        if (found.isEmpty()) return 0;
        RunCheckpoint c = found.getFirst();
        c.requireSettings(plan.deciding(), mayGrow(c.step()));
        c.restore(loop.state(), model.run());
        loop.resumeAfter(c.step(), c.work());
        return c.step();
    }

    private List<RunCheckpoint> checkpoint() {
        Path out = files.out();
        return switch (files.resume()) {
            case NO -> List.of();
            case LATEST -> RunCheckpoint.exists(out) ? List.of(RunCheckpoint.latest(out)) : List.of();
            case AUTO -> RunCheckpoint.latestWhole(out, host::tell);
        };
    }

    /// A run at a constant rate does not depend on how many steps are to come.
    private Set<String> mayGrow(int taken) {
        boolean grows = !train.schedule().needsTotal() && train.steps() >= taken;
        return grows ? Set.of("steps") : Set.of();
    }

    /// The metric shown beside the loss.
    private String headline() {
        return Metric.headlines(plan.objective().metrics()).getLast();
    }

    /// Tells the user a line, and those who follow the run.
    void tell(String line) {
        host.tell(line);
        trackers.forEach(t -> t.told(line));
    }

    /// The same above the bar that shows how far the run is.
    private void note(String line) {
        progress.note(line);
        trackers.forEach(t -> t.told(line));
    }

    /// Runs to the end or until interrupted.
    RunResult run() {
        try (StopSignal stop = new StopSignal();
                log) {
            boolean finished = loop.run(() -> stop.getAsBoolean() || isOver());
            progress.close();
            if (finished) finish();
            record.end(finished ? RunInfo.Status.FINISHED : RunInfo.Status.INTERRUPTED, "", samples);
            trackers.forEach(t -> t.end(finished ? Tracker.Status.FINISHED : Tracker.Status.INTERRUPTED));
            Report.write(files.out());
            return new RunResult(files.out(), finished, record.info(), loop.bytesSavedByCheckpoints());
        } catch (RuntimeException e) {
            progress.close();
            fail(e);
            throw e;
        }
    }

    private boolean isOver() {
        return unattended.isOver((System.nanoTime() - start) * 1e-9);
    }

    /// Says in the run's folder that it failed; on a full disk even that may not be possible.
    private void fail(RuntimeException cause) {
        try {
            try {
                record.end(RunInfo.Status.FAILED, String.valueOf(cause.getMessage()), samples);
            } finally {
                trackers.forEach(t -> t.end(Tracker.Status.FAILED));
            }
            Report.write(files.out());
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    private void finish() {
        loop.settle();
        best.ifPresent(this::keepBest);
        saveAdapter(files.out());
        if (!plan.template().isEmpty()) {
            Path file = files.out().resolve("chat_template.jinja");
            AtomicFiles.writeText(file, plan.template());
            tell("the chat template trained on is beside the adapter; to generate, give it with --chat-template "
                    + file);
        }
        removeCheckpoints();
        samples.ask(model, adapted);
    }

    private void keepBest(Best b) {
        RunCheckpoint kept = RunCheckpoint.best(files.out());
        if (kept.step() != b.step()) {
            throw new CheckpointException(
                    files.out(), "has the values of step %d, expected those of %s".formatted(kept.step(), b));
        }
        kept.restore(values(), model.run());
        record.evaluated(b.step(), b.metrics());
        tell("the adapter has the values of the best evaluation, " + b);
    }

    /// The trained values among the state.
    private Map<String, Tensor> values() {
        Map<String, Tensor> values = new LinkedHashMap<>();
        loop.state().forEach((name, t) -> {
            if (name.startsWith("param.")) values.put(name, t);
        });
        return values;
    }

    /// The run has ended well, whatever becomes of these.
    private void removeCheckpoints() {
        try {
            RunCheckpoint.clear(files.out());
        } catch (CheckpointException e) {
            tell(e.getMessage() + "; the run itself is complete");
        }
    }

    @Override
    public void begins(int step) {
        host.stepBegins();
    }

    @Override
    public void step(int step, SequencedMap<String, Double> metrics) {
        host.stepEnds();
        metrics.put("peak_memory_mb", PeakMemory.now().mb());
        write(step, metrics);
        progress.update(step, metrics);
        if (tapes.write(step))
            note("step %d: its tape is in %s".formatted(step, files.out().resolve(TapeFile.FILE)));
        if (files.sampleEvery() > 0 && step % files.sampleEvery() == 0) {
            loop.withKept(() -> sampleLog.write(step, samples.now(model, adapted)));
        }
    }

    @Override
    public Tape tape(int step, int micro, Kernels k) {
        return tapes.open(step, micro, k);
    }

    @Override
    public double rate(double scheduled) {
        return watched.map(WatchedRate::lr).orElse(scheduled);
    }

    private void write(int step, SequencedMap<String, Double> metrics) {
        log.write(step, metrics);
        trackers.forEach(t -> t.write(step, metrics));
    }

    @Override
    public void told(int step, String line) {
        note(line);
    }

    @Override
    public boolean isEnough() {
        if (best.isEmpty() || !best.get().isExhausted()) return false;
        note("%d evaluations without a better one than %s: the run ends".formatted(unattended.patience(), best.get()));
        return true;
    }

    @Override
    public void evaluated(int step, SequencedMap<String, Double> metrics) {
        write(step, metrics);
        record.evaluated(step, metrics);
        watched.ifPresent(w -> w.see(step, metrics));
        if (best.isPresent() && best.get().see(step, metrics)) {
            RunCheckpoint.saveBest(files.out(), step, values(), model.run());
        }
        StringBuilder line = new StringBuilder("step " + step);
        Map<String, Double> shown = new LinkedHashMap<>(metrics);
        plan.objective().metrics().stream()
                .filter(m -> !m.hasDirection())
                .forEach(m -> shown.remove("eval_" + m.name()));
        shown.forEach((name, value) -> line.append("  %s %.4f".formatted(name, value)));
        note(line.toString());
    }

    @Override
    public void save(int step, double work) {
        Path out = files.out();
        var state = new RunCheckpoint.Progress(
                step, work, plan.deciding(), folder -> loop.withKept(() -> saveAdapter(folder)));
        RunCheckpoint.save(out, loop.state(), state, model.run(), unattended.keepCheckpoints());
    }

    /// The adapter; with a head for labels that it brings along also the configuration that names these.
    private void saveAdapter(Path folder) {
        AdapterFolder.save(adapted, folder, files.model().toString(), model.run());
        if (adapted.model() instanceof Classifier c) {
            Json.write(
                    folder.resolve("config.json"),
                    LabelledConfig.of(model.checkpoint().config(), c.labels()));
        }
    }
}
