package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.FolderLock;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Labels;
import dev.gradine.nn.TextModel;
import dev.gradine.optim.Batches;
import dev.gradine.optim.LoraFa;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Calibration;
import dev.gradine.peft.FrozenA;
import dev.gradine.peft.Shaping;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// A training run: a model, an adapter, a recipe and rows become a folder with the trained adapter, its
/// metrics and a report. The adapter holds the trained values afterwards.
///
/// ```
/// Run.of(Sft.defaults(), RunFiles.of(model, data, out)).train(opened, adapter);
/// ```
///
/// @param <E> an example of the recipe
public final class Run<E> {

    private final Recipe<E> recipe;
    private final RunSettings settings;

    private Run(Recipe<E> recipe, RunSettings settings) {
        this.recipe = recipe;
        this.settings = settings;
    }

    /// A run with the settings that hold where nothing is said.
    public static <E> Run<E> of(Recipe<E> recipe, RunFiles files) {
        return new Run<>(recipe, RunSettings.of(recipe, files));
    }

    /// The same with other settings.
    public static <E> Run<E> of(Recipe<E> recipe, RunSettings settings) {
        return new Run<>(recipe, settings);
    }

    /// Fails unless the run may write to its folder; to be called before anything slow happens.
    ///
    /// @throws IllegalArgumentException if the folder is not empty, a run to resume is not there or has
    ///     finished, or the port of a live page is taken
    public void requireFolder() {
        RunFolder.require(settings.files());
        RunFolder.prepare(settings.files());
        settings.trackers().requirePort();
    }

    /// Whether `--resume auto` finds that the run has finished, so that there is nothing to do.
    public boolean hasFinished() {
        RunFiles files = settings.files();
        return files.resume() == Resume.AUTO
                && !files.isFresh()
                && RunInfo.read(files.out()).end().status() == RunInfo.Status.FINISHED;
    }

    /// The rows of the run, read as its settings say.
    ///
    /// @throws dev.gradine.data.DataException names the row that cannot be read
    public TrainingData read() {
        MixtureSettings mixture = settings.batches().mixture();
        mixture.requireFor(settings.files().data());
        double evalSplit = settings.batches().evalSplit();
        long seed = settings.train().seed();
        TrainingData data = TrainingData.read(settings.files().data(), evalSplit, seed);
        return mixture.replay() == null ? data : data.replaying(mixture.replay(), evalSplit, seed);
    }

    /// What the head tells that the run trains: one of a recipe that reads for labels, else none.
    ///
    /// @throws dev.gradine.data.DataException if that of the rows cannot be
    public List<Labels> labels(TrainingData data) {
        return recipe.reading().scores() ? List.of(recipe.labels(data.rows())) : List.of();
    }

    /// The run's batches, of its first source, for adapters that begin from them.
    ///
    /// @param host is told when they are computed
    public Calibration calibration(OpenModel model, TrainingData data, RunHost host) {
        List<Batches<E>> made = new ArrayList<>();
        Supplier<Batches<E>> batches = () -> {
            if (made.isEmpty()) {
                host.ready();
                int length = length(model, 0, new ArrayList<>());
                var encoding = encoding(model, codec(model, data), length, new ArrayList<>(), host);
                SourceExamples<E> first =
                        encoding.part(recipe, data.sources().getFirst().trained());
                made.add(ExampleBatches.of(first.rows(), settings.unaccumulated(), recipe));
            }
            return made.getFirst();
        };
        TextModel whole = labels(data).isEmpty()
                ? model.model()
                : model.classifier(labels(data).getFirst());
        return new RunCalibration<>(whole, recipe, batches, settings.batches().gradientCheckpointing());
    }

    /// Trains `adapted` on the rows of the run's file.
    ///
    /// @param model of `adapted`
    /// @throws IllegalArgumentException if the folder is not empty, or a row or a setting cannot be used
    public RunResult train(OpenModel model, AdapterSet adapted) {
        requireFolder();
        return train(model, adapted, read(), RunHost.NONE);
    }

    /// Trains `adapted` on rows that were read before, as a part of `host`.
    public RunResult train(OpenModel model, AdapterSet given, TrainingData data, RunHost host) {
        boolean isFrozen = settings.train().optimizer() instanceof LoraFa;
        AdapterSet adapted = isFrozen ? FrozenA.freeze(given) : given;
        TextCodec codec = codec(model, data);
        List<String> told = new ArrayList<>(host.remarks()); // when nothing can stop the run any more
        told.addAll(codec.tokenizer().notes());
        int length = length(model, adapted.virtualTokens(), told);
        var examples = RunExamples.of(recipe, data, encoding(model, codec, length, told, host));
        Rollouts.require(recipe, settings);
        told.addAll(recipe.advice(examples.train()));
        List<List<LabelledTokens>> groups = examples.sequences();
        int attentionGroup = recipe.reading().attentionGroup();
        LongLora.require(attentionGroup, groups);
        LongLora.note(attentionGroup, adapted).ifPresent(told::add);
        var contents = Contents.of(model, adapted, groups);
        RunFolder.requireSpace(settings, adapted);
        host.ready();
        try (var reference = reference(model, adapted, examples.compared(), host);
                var teacher = Teacher.of(recipe, model);
                var reader = Rollouts.Reader.of(recipe, settings, model, codec, host::tell)) {
            var mixture = new Mixture<>(examples, settings, recipe);
            RunSettings resolved = settings.resolved(mixture.stepsPerEpoch() * Rollouts.iterations(recipe), length);
            Shaping shaping = isFrozen
                    ? FrozenA.of(adapted, model.run())
                    : adapted.shaping(resolved.train().steps(), model.run());
            boolean again = settings.batches().gradientCheckpointing();
            var learner = new Learner(trained(model, adapted), adapted, again, shaping, recipe.reading());
            var beforehand = new Beforehand(learner, reference.logProbs(), model.run());
            var rollouts = Rollouts.Setup.of(recipe, settings, model, reader, length, beforehand);
            var objective = objective(learner, reference, adapted, model).taughtBy(teacher.policies());
            var batches = new MixedBatches(mixture.learnt(objective, rollouts, learner));
            told.addAll(mixture.told(resolved.train().steps()));
            told.addAll(notes(resolved, adapted, data.evaluates(), model));
            var deciding = RunDescription.of(resolved, recipe, adapted, host);
            deciding.putAll(contents);
            deciding.putAll(reference.contents());
            deciding.putAll(teacher.contents());
            var about = recipe.about();
            var plan = new RunLoop.Plan<>(
                    about.name(),
                    about.title(),
                    deciding,
                    template(model, data),
                    new MixedObjective(batches.sources()),
                    batches,
                    batches.held(),
                    examples.about(files(settings)),
                    shaping);
            var samples = samples(codec, data);
            AdapterSet ofRun = adapted.ofRun(resolved.train().steps());
            boolean begins = settings.files().isFresh(); // before the run's own files are there
            try (FolderLock _ = RunFolder.claim(settings.files())) {
                var loop = new RunLoop<>(resolved, host, plan, model, ofRun, samples);
                told.forEach(loop::tell);
                if (begins) objective.tellOfStart(d -> loop.tell(RunNotes.start(d)));
                return loop.run();
            }
        }
    }

    private PolicyObjective<E> objective(
            Learner learner, Reference.Opened reference, AdapterSet adapted, OpenModel model) {
        boolean shared = Reference.sharesPrompts(settings, adapted);
        return new PolicyObjective<>(recipe, learner, reference.logProbs(), shared).remembering(model.run());
    }

    private List<String> notes(RunSettings resolved, AdapterSet adapted, boolean evaluates, OpenModel model) {
        TrainSettings train = resolved.train();
        Best.require(resolved.unattended(), evaluates, train.evalEvery());
        WatchedRate.require(train, evaluates);
        List<String> notes = new ArrayList<>(RunNotes.of(resolved, evaluates));
        double routerLoss = recipe.reading().scores() ? 0 : model.routerLoss();
        if (routerLoss > 0) notes.add(RunNotes.routerLoss(routerLoss));
        notes.addAll(train.optimizer().notes(train.groups(adapted.trained())));
        return notes;
    }

    /// A model with a head for scores has no words to answer with.
    private Samples samples(TextCodec codec, TrainingData data) {
        return new Samples(
                codec,
                data.sampleRows(),
                recipe.reading().scores() ? 0 : settings.files().samples());
    }

    /// The model that is trained: with a head for labels if the recipe asks for one.
    private TextModel trained(OpenModel model, AdapterSet adapted) {
        if (!recipe.reading().scores()) return model.model();
        if (adapted.model() instanceof Classifier classifier) return classifier;
        throw new IllegalArgumentException(
                "%s: the adapter is one of a model with words, expected one of OpenModel.classifier(…)"
                        .formatted(recipe.about().name()));
    }

    /// The source of the template that was chosen and is used; empty where none is.
    private String template(OpenModel model, TrainingData data) {
        String chosen = settings.files().chatTemplate();
        return chosen == null || data.areTokens() ? "" : model.templateSource(chosen);
    }

    private Encoding encoding(OpenModel model, TextCodec codec, int length, List<String> told, RunHost host) {
        String chosen = settings.files().chatTemplate();
        String template = chosen == null ? "" : model.templateSource(chosen);
        var cache = TokenCache.of(settings.files().tokens(), () -> TextFiles.digest(model, template), host);
        return new Encoding(settings, codec, length, told, host, cache);
    }

    private TextCodec codec(OpenModel model, TrainingData data) {
        if (data.areTokens()) return model.codecOrTokensOnly();
        String template = settings.files().chatTemplate();
        return template == null ? model.codec() : model.codec(template);
    }

    /// Tokens of the longest example; says if the model takes fewer than were asked for.
    ///
    /// @param virtual tokens that the adapter puts before each example
    private int length(OpenModel model, int virtual, List<String> told) {
        int positions = model.text().maxPositions() - virtual;
        int length = settings.batches().lengthWithin(positions);
        Integer asked = settings.batches().maxLength();
        if (asked != null && asked > length) {
            told.add("--max-length %d: the model has %d positions, so examples are cut there"
                    .formatted(asked, positions));
        }
        return length;
    }

    private Reference.Opened reference(
            OpenModel model, AdapterSet adapted, List<List<LabelledTokens>> groups, RunHost host) {
        if (!recipe.reference().isThere()) return Reference.NONE;
        return Reference.of(settings, adapted, host).open(model, adapted, groups);
    }

    /// All that rows are read from.
    private static List<String> files(RunSettings settings) {
        List<String> all = new ArrayList<>();
        for (Path file : settings.files().data()) all.add(file.toString());
        Path replay = settings.batches().mixture().replay();
        if (replay != null) all.add(replay.toString());
        return all;
    }
}
