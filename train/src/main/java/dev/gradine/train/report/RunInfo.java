package dev.gradine.train.report;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.gradine.io.AtomicFiles;
import dev.gradine.optim.Metric;
import dev.gradine.train.RunFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/// `run.json`: what was asked for, on which machine, and what came of it. Each key is always written; what a run has
/// not come to is empty, and `hasX()` says so.
///
/// @param launch what was started, and when
/// @param end how it ended
/// @param machine where it ran
/// @param objective what it minimises, and what is logged of it
/// @param settings every setting in effect, in the order they are to be read
/// @param model what was trained
/// @param data what it was trained on
/// @param memory what it took
/// @param outcome what it changed
public record RunInfo(
        Launch launch,
        End end,
        Machine machine,
        Objective objective,
        Map<String, Object> settings,
        Model model,
        Data data,
        Memory memory,
        Outcome outcome) {

    /// Name of the file in a run's folder.
    public static final String FILE = "run.json";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    /// Copies the settings, keeping their order.
    public RunInfo {
        settings = ordered(settings);
    }

    /// A run that has just been launched: running, everything else empty.
    public static RunInfo begun(Launch launch, Machine machine, Map<String, Object> settings) {
        return new RunInfo(
                launch, End.NONE, machine, Objective.NONE, settings, Model.NONE, Data.NONE, Memory.NONE, Outcome.NONE);
    }

    /// The same run with its objective known.
    public RunInfo with(Objective o) {
        return new RunInfo(launch, end, machine, o, settings, model, data, memory, outcome);
    }

    /// The same run with its model known.
    public RunInfo with(Model m) {
        return new RunInfo(launch, end, machine, objective, settings, m, data, memory, outcome);
    }

    /// The same run with its data known.
    public RunInfo with(Data d) {
        return new RunInfo(launch, end, machine, objective, settings, model, d, memory, outcome);
    }

    /// The same run with its memory measured.
    public RunInfo with(Memory m) {
        return new RunInfo(launch, end, machine, objective, settings, model, data, m, outcome);
    }

    /// The same run with what it changed.
    public RunInfo with(Outcome o) {
        return new RunInfo(launch, end, machine, objective, settings, model, data, memory, o);
    }

    /// The same run, ended.
    public RunInfo with(End e) {
        return new RunInfo(launch, e, machine, objective, settings, model, data, memory, outcome);
    }

    /// Whether the run got as far as loading a model.
    public boolean hasModel() {
        return !model.source().isEmpty();
    }

    /// Whether the run got as far as reading its data.
    public boolean hasData() {
        return !data.files().isEmpty();
    }

    /// Whether memory was measured.
    public boolean hasMemory() {
        return memory.peakMb() > 0;
    }

    /// Reads `dir/run.json`.
    ///
    /// @throws RunFileException if it is absent, is no JSON, or has a key too many, too few or of the wrong type
    public static RunInfo read(Path dir) {
        Path file = dir.resolve(FILE);
        try {
            return JSON.readValue(Files.readAllBytes(file), RunInfo.class);
        } catch (NoSuchFileException e) {
            throw new RunFileException(file + ": is absent, expected the description of a run");
        } catch (DatabindException e) {
            throw new RunFileException(file + ": " + place(e) + ": " + cause(e));
        } catch (JacksonException e) {
            throw new RunFileException(
                    file + ": line " + e.getLocation().getLineNr() + ": " + firstLine(e.getOriginalMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read (" + e + ")", e);
        }
    }

    /// Writes `dir/run.json` atomically.
    public void write(Path dir) {
        AtomicFiles.writeText(dir.resolve(FILE), json() + "\n");
    }

    String json() {
        return JSON.writeValueAsString(this);
    }

    private static String place(DatabindException e) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference r : e.getPath()) {
            if (r.getPropertyName() == null)
                path.append('[').append(r.getIndex()).append(']');
            else path.append(path.isEmpty() ? "" : ".").append(r.getPropertyName());
        }
        return path.isEmpty() ? "line " + e.getLocation().getLineNr() : path.toString();
    }

    private static void requireDate(String what, String iso) {
        try {
            OffsetDateTime.parse(iso);
        } catch (DateTimeParseException e) {
            throw new RunFileException(
                    what + " is \"" + iso + "\", expected a time with its zone, such as 2026-11-22T06:46:00Z");
        }
    }

    private static String cause(DatabindException e) {
        if (e.getCause() instanceof RunFileException own && own.getMessage() != null) return own.getMessage();
        if (e instanceof UnrecognizedPropertyException u)
            return "unknown key, expected one of " + u.getKnownPropertyIds();
        return firstLine(e.getOriginalMessage());
    }

    private static String firstLine(String message) {
        String line = message.lines().findFirst().orElse(message);
        int advice = line.indexOf("; `DeserializationFeature"); // means nothing to whoever wrote the file
        return advice < 0 ? line : line.substring(0, advice);
    }

    private static <V> Map<String, V> ordered(Map<String, V> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    /// What was started.
    ///
    /// @param command the arguments as the user typed them, program name first
    /// @param kind name of the command, such as `sft`
    /// @param version of the program
    /// @param started ISO-8601, with zone
    public record Launch(List<String> command, String kind, String version, String started) {
        /// Copies the command.
        public Launch {
            command = List.copyOf(command);
            requireDate("started", started);
        }
    }

    /// How far a run came.
    public enum Status {
        /// Not ended yet, or killed without a chance to say so.
        RUNNING,
        /// All steps were done.
        FINISHED,
        /// Stopped by the user; a checkpoint was left.
        INTERRUPTED,
        /// Stopped by an error.
        FAILED;

        /// As it stands in the file: lower case.
        @JsonValue
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// How a run ended.
    ///
    /// @param status how far it came
    /// @param message the error's text; empty where there was none
    /// @param finished ISO-8601, with zone; empty while running
    /// @param seconds from launch to end
    public record End(Status status, String message, String finished, double seconds) {
        /// Still running.
        public static final End NONE = new End(Status.RUNNING, "", "", 0);

        /// Checks the date.
        public End {
            if (!finished.isEmpty()) requireDate("finished", finished);
        }

        /// Whether the run has ended.
        public boolean hasFinished() {
            return !finished.isEmpty();
        }
    }

    /// Where a run ran.
    ///
    /// @param cpu name the system gives it
    /// @param cores that the process may use
    /// @param memoryMb of the machine, in 1024² bytes
    /// @param vectorBits width of the vectors in use
    /// @param os name, version and architecture
    /// @param java vendor and version
    public record Machine(String cpu, int cores, long memoryMb, int vectorBits, String os, String java) {}

    /// What a run minimises.
    ///
    /// @param title for people; empty if it never came so far
    /// @param metrics what is logged, the loss first
    public record Objective(String title, List<Metric> metrics) {
        /// Not known yet.
        public static final Objective NONE = new Objective("", List.of());

        /// Copies the metrics.
        public Objective {
            metrics = List.copyOf(metrics);
        }
    }

    /// What was trained.
    ///
    /// @param source folder or file the user gave
    /// @param format of the weights, such as `safetensors`
    /// @param parameters in the model, adapters included
    /// @param trained of them, those that get a gradient
    public record Model(String source, String format, long parameters, long trained) {
        /// No model was loaded.
        public static final Model NONE = new Model("", "", 0, 0);
    }

    /// What the model was trained on.
    ///
    /// @param files as the user gave them
    /// @param rows for training
    /// @param evalRows held out
    /// @param tokens in one epoch
    public record Data(List<String> files, long rows, long evalRows, long tokens) {
        /// No data was read.
        public static final Data NONE = new Data(List.of(), 0, 0, 0);

        /// Copies the names.
        public Data {
            files = List.copyOf(files);
        }
    }

    /// What a run took, in units of 1024² bytes.
    ///
    /// @param peakMb of the whole process
    /// @param weightsMb of weights, adapters and optimiser state
    /// @param stepMb of one step's activations and gradients
    public record Memory(double peakMb, double weightsMb, double stepMb) {
        /// Nothing was measured.
        public static final Memory NONE = new Memory(0, 0, 0);
    }

    /// What a run changed.
    ///
    /// @param evalBefore by metric name (`eval_loss` …), before the first step
    /// @param evalAfter the same after the last step
    /// @param samples what the model says to some prompts
    /// @param notes what a reader should know, a sentence each
    public record Outcome(
            Map<String, Double> evalBefore, Map<String, Double> evalAfter, List<Sample> samples, List<String> notes) {
        /// Nothing yet.
        public static final Outcome NONE = new Outcome(Map.of(), Map.of(), List.of(), List.of());

        /// Copies everything, keeping the order.
        public Outcome {
            evalBefore = ordered(evalBefore);
            evalAfter = ordered(evalAfter);
            samples = List.copyOf(samples);
            notes = List.copyOf(notes);
        }

        /// Whether the model was evaluated before the first step.
        public boolean hasEvalBefore() {
            return !evalBefore.isEmpty();
        }

        /// Whether the model was evaluated after the last step.
        public boolean hasEvalAfter() {
            return !evalAfter.isEmpty();
        }
    }

    /// One prompt and what the model answers.
    ///
    /// @param prompt as the user wrote it
    /// @param before answer before the first step; empty if none was made
    /// @param after answer after the last step; empty if none was made
    public record Sample(String prompt, String before, String after) {}
}
