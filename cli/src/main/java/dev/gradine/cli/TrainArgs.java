package dev.gradine.cli;

import dev.gradine.data.DataSet;
import dev.gradine.nn.Policy;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Schedule;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.profile.Profile;
import dev.gradine.train.Learner;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Options that all training commands share.
final class TrainArgs {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR|FILE",
            description = "Model to train: a Hugging Face folder, a GGUF file or a llama2.c .bin.")
    private Path model = Path.of("");

    @Option(
            names = "--data",
            required = true,
            paramLabel = "FILE",
            description = "Data set: JSON or JSONL, also .gz; its columns tell its kind.")
    private Path data = Path.of("");

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Folder for adapter, metrics, checkpoints and report; absent or empty.")
    private Path out = Path.of("");

    @Mixin
    private AdapterArgs adapter = new AdapterArgs();

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    @Option(names = "--steps", paramLabel = "N", description = "Optimisation steps; instead of --epochs.")
    private @Nullable Integer steps;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the data (default 1).")
    private @Nullable Double epochs;

    @Option(
            names = "--batch",
            defaultValue = "4",
            paramLabel = "N",
            description = "Examples computed at once (default ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--accumulate",
            defaultValue = "1",
            paramLabel = "N",
            description = "Batches whose gradients make one step (default ${DEFAULT-VALUE}).")
    private int accumulate;

    @Option(
            names = "--max-length",
            defaultValue = "1024",
            paramLabel = "TOKENS",
            description = "Longer examples are cut at their end (default ${DEFAULT-VALUE}).")
    private int maxLength;

    @Option(
            names = "--schedule",
            defaultValue = "linear",
            paramLabel = "NAME",
            description = "Learning rate after warm-up: constant, linear or cosine (default ${DEFAULT-VALUE}).")
    private String schedule = "";

    @Option(
            names = "--warmup",
            defaultValue = "0",
            paramLabel = "STEPS",
            description = "Steps in which the learning rate rises (default ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(
            names = "--optimizer",
            defaultValue = "adamw",
            paramLabel = "NAME",
            description = "How parameters follow their gradients: adamw, lion or sgd (default ${DEFAULT-VALUE}).")
    private String optimizer = "";

    @Option(
            names = "--weight-decay",
            defaultValue = "0",
            paramLabel = "X",
            description = "Weight decay of matrices (default ${DEFAULT-VALUE}).")
    private double weightDecay;

    @Option(
            names = "--clip",
            defaultValue = "1",
            paramLabel = "X",
            description = "Largest norm of the gradient; 0 for no limit (default ${DEFAULT-VALUE}).")
    private double clip;

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "Same seed, same bytes (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--no-shuffle", description = "Take the examples in the order of the file.")
    private boolean noShuffle;

    @Option(
            names = "--group-by-length",
            description = "Batches of examples of similar length, so that steps take similar time.")
    private boolean groupByLength;

    @Option(
            names = "--eval-split",
            defaultValue = "0",
            paramLabel = "X",
            description = "Share of the rows held out and evaluated (default ${DEFAULT-VALUE}).")
    private double evalSplit;

    @Option(
            names = "--eval-every",
            defaultValue = "0",
            paramLabel = "STEPS",
            description = "Evaluate in between, too (default ${DEFAULT-VALUE}: before and after only).")
    private int evalEvery;

    @Option(
            names = "--save-every",
            defaultValue = "100",
            paramLabel = "STEPS",
            description = "Steps between checkpoints; 0 for none (default ${DEFAULT-VALUE}).")
    private int saveEvery;

    @Option(
            names = "--gradient-checkpointing",
            description =
                    "Keep only what goes into each block and compute the rest again for the gradient: less memory,"
                            + " more time, the same bytes.")
    private boolean gradientCheckpointing;

    @Option(names = "--resume", description = "Go on from the latest checkpoint in --out.")
    private boolean resume;

    @Option(
            names = "--samples",
            defaultValue = "2",
            paramLabel = "N",
            description = "Prompts answered before and after, for the report (default ${DEFAULT-VALUE}).")
    private int samples;

    @Option(
            names = "--profile",
            description = "In the end, say by kernel where the time of a step went (from the third step on).")
    private boolean profiles;

    private final Profile profile = new Profile(2);

    Path model() {
        return model;
    }

    Path data() {
        return data;
    }

    Path out() {
        return out;
    }

    DeviceArgs device() {
        return device;
    }

    QuantizeArgs quantize() {
        return quantize;
    }

    AdapterArgs adapter() {
        return adapter;
    }

    int batch() {
        return batch;
    }

    /// Examples of one optimisation step.
    ///
    /// @throws IllegalArgumentException if there are none
    int perStep() {
        if (batch < 1) throw new IllegalArgumentException("batch: " + batch + ", expected at least 1");
        if (accumulate < 1) throw new IllegalArgumentException("accumulate: " + accumulate + ", expected at least 1");
        return Math.multiplyExact(batch, accumulate);
    }

    int maxLength() {
        return maxLength;
    }

    long seed() {
        return seed;
    }

    boolean shuffles() {
        return !noShuffle;
    }

    boolean groupsByLength() {
        return groupByLength;
    }

    double evalSplit() {
        return evalSplit;
    }

    /// The model with the adapters that are trained.
    Learner learner(LoadedModel m, AdapterSet adapted) {
        return new Learner(new Policy(m.model(), adapted), gradientCheckpointing);
    }

    boolean resumes() {
        return resume;
    }

    int samples() {
        return samples;
    }

    /// The device, seen by the profile where one is asked for.
    Kernels watched(Kernels run) {
        return profiles ? profile.watch(run) : run;
    }

    boolean profiles() {
        return profiles;
    }

    /// Empty unless `profiles`.
    Profile profile() {
        return profile;
    }

    /// @param perEpoch optimisation steps of one pass over the data
    /// @throws IllegalArgumentException if a number is out of range or two options contradict each other
    TrainSettings settings(double lr, int perEpoch) {
        if (samples < 0) throw new IllegalArgumentException("samples: " + samples + ", expected at least 0");
        if (noShuffle && groupByLength) {
            throw new IllegalArgumentException("--group-by-length orders the data, --no-shuffle keeps it: give one");
        }
        return new TrainSettings(
                totalSteps(perEpoch),
                accumulate,
                lr,
                Schedule.parse(schedule),
                warmup,
                Optimizer.Settings.named(optimizer),
                weightDecay,
                clip,
                seed,
                evalEvery,
                saveEvery);
    }

    private int totalSteps(int perEpoch) {
        if (steps != null && epochs != null) {
            throw new IllegalArgumentException("--steps and --epochs are both given, expected one of them");
        }
        if (steps != null) return steps;
        double passes = epochs == null ? 1 : epochs;
        if (!(passes > 0)) throw new IllegalArgumentException("--epochs: " + passes + ", expected above 0");
        return (int) Math.max(1, Math.ceil(passes * perEpoch));
    }

    /// Says how many rows were of no use, and fails if none was of any.
    ///
    /// @param kept rows that are used
    /// @param why what the others lack
    void reportLeftOut(DataSet rows, int kept, String why, PrintWriter err) {
        if (kept == 0) {
            throw new IllegalArgumentException(
                    "%s: %s within %d tokens in any of %d rows".formatted(rows.name(), why, maxLength, rows.size()));
        }
        if (kept == rows.size()) return;
        err.printf(
                "gradine: %d of %d rows left out: %s within %d tokens%n",
                rows.size() - kept, rows.size(), why, maxLength);
        err.flush();
    }

    /// What decides the result of a run, for its report and for resuming.
    Map<String, Object> describe(double lr, TrainSettings s) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("model", model.toString());
        m.put("data", data.toString());
        adapter.describe(m);
        quantize.describe(m);
        m.put("lr", lr);
        m.put("steps", s.steps());
        m.put("batch", batch);
        m.put("accumulate", accumulate);
        m.put("max-length", maxLength);
        device.describe(m);
        m.put("schedule", schedule);
        m.put("warmup", warmup);
        m.put("optimizer", optimizer);
        m.put("weight-decay", weightDecay);
        m.put("clip", clip);
        m.put("seed", seed);
        m.put("shuffle", !noShuffle);
        m.put("group-by-length", groupByLength);
        m.put("eval-split", evalSplit);
        return m;
    }
}
