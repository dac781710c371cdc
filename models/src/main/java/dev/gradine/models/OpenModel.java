package dev.gradine.models;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.LayerCopies;
import dev.gradine.io.NonFinite;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Labels;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Quantization;
import dev.gradine.nn.TextModel;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A model with the files it was read from. Closing it unmaps the files: the model is not used after that.
public final class OpenModel implements AutoCloseable {

    private final Arena files = Arena.ofShared();
    private final Path source;
    private final Kernels run;
    private final Checkpoint checkpoint;
    private final TextModel model;
    private final String apart;
    private final Families families;
    private final List<Quantization> quantised; // one, or none
    private final List<String> unused;
    private final Weights.Source stored;
    private final List<String> begun;

    /// @param copies of layers that the model is made of
    OpenModel(Path source, Kernels run, Families families, List<Quantization> quantised, LayerCopies copies) {
        this.source = source;
        this.run = run;
        this.families = families;
        this.quantised = quantised;
        try {
            checkpoint = Checkpoint.open(source, families.gguf(), files).with(copies);
            Set<String> used = new HashSet<>();
            MissingTensors missing = new MissingTensors(checkpoint);
            StoredWeights weights = new StoredWeights(checkpoint, missing, used, files);
            Weights.Source kept = weights;
            for (Quantization q : quantised) kept = new OriginalsForgotten(q.over(kept, files), checkpoint);
            stored = kept;
            Weights all = new Weights(stored, run);
            model = families.any(new ModelConfig(ScoreHead.config(checkpoint)), all);
            begun = all.begun();
            apart = weights.apart();
            missing.requireNone();
            for (Quantization q : quantised) q.requireFound(model.linears());
            if (ScoreHead.isMeant(checkpoint)) used.add(ScoreHead.WEIGHT);
            unused = UnusedTensors.of(checkpoint, used);
            requireFinite(used);
        } catch (CheckpointException e) {
            files.close();
            throw e;
        } catch (IllegalArgumentException e) { // from the model, which knows nothing of files
            files.close();
            throw new CheckpointException(source, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /// On all cores, for it reads the whole file; again on one for the message.
    private void requireFinite(Set<String> used) {
        if (used.parallelStream().anyMatch(this::hasNonFinite)) NonFinite.requireNone(checkpoint, used);
    }

    private boolean hasNonFinite(String name) {
        boolean found = NonFinite.first(checkpoint.tensor(name)) >= 0;
        if (!quantised.isEmpty()) checkpoint.forget(name); // few of them are read again
        return found;
    }

    /// The weight of a linear layer as the file has it, before it was quantised on loading: f32, in the memory of `k`.
    public Tensor original(Weight weight, Kernels k) {
        Tensor w = k.empty(weight.shape());
        if (quantised.isEmpty() || !checkpoint.has(weight.path())) {
            k.copy(weight.param().value(), w);
            return w;
        }
        Tensor stored = checkpoint.tensor(weight.path());
        k.copy(k.fromHost(weight.isTransposed() ? Transposed.of(stored) : stored), w);
        return w;
    }

    /// The model with the head for labels that the files have.
    ///
    /// @throws CheckpointException if they have none
    public Classifier classifier() {
        if (!hasHead()) {
            throw new CheckpointException(
                    source, "has no head for labels, expected one (such as `gradine classify` trains)");
        }
        return model instanceof CausalLm language ? ScoreHead.own(language, checkpoint, run) : encoder(model);
    }

    /// The model with a head for these labels: the files' own, or one that has learnt nothing.
    ///
    /// @throws IllegalArgumentException if the files' own has others
    public Classifier classifier(Labels wanted) {
        if (hasHead()) {
            Classifier own = classifier();
            own.labels().requireTake(wanted, "the model");
            return own;
        }
        if (model instanceof CausalLm language) return ScoreHead.begun(language, wanted, run);
        Map<String, Object> config = LabelledConfig.of(checkpoint.config(), wanted);
        config.put("architectures", checkpoint.config().get("architectures")); // of a file without a head
        return encoder(families.any(new ModelConfig(config), new Weights(stored, run)));
    }

    private Classifier encoder(TextModel of) {
        if (of instanceof Classifier c) return c;
        throw new CheckpointException(source, "a %s has no head for labels".formatted(of.family()));
    }

    /// Whether the files hold a model that gives texts labels: an encoder with a head for them, or a
    /// language model of which `architectures` says so, or that has no head for words beside that for
    /// scores.
    public boolean isClassifier() {
        return model instanceof Classifier ? begun.isEmpty() : ScoreHead.isMeant(checkpoint);
    }

    /// Whether the files have a head for labels, of which a score is one.
    public boolean hasHead() {
        return model instanceof Classifier ? begun.isEmpty() : ScoreHead.isIn(checkpoint);
    }

    /// The model, whatever it does with texts.
    public TextModel text() {
        return model;
    }

    /// Coefficient of the loss that asks for all experts evenly, which is added in training; 0 for none.
    public double routerLoss() {
        ModelConfig config = new ModelConfig(checkpoint.config());
        return model.experts().isEmpty() ? 0 : ExpertParts.balance(config);
    }

    /// Tensors of the file that the model has no place for, and that no file of its family is known to carry.
    public List<String> unused() {
        return unused;
    }

    /// What the user should know of the files although they can be used as a language model: one line each.
    public List<String> notes() {
        List<String> notes = notesOfLabels();
        if (ScoreHead.isAlone(checkpoint)) {
            notes.add("score.weight: the files hold a model of scores, whose words are drawn from its embedding");
        }
        return notes;
    }

    /// The same of files that are used as a classifier.
    public List<String> notesOfLabels() {
        List<String> notes = new ArrayList<>(UnusedTensors.notes(checkpoint, unused));
        if (!apart.isEmpty()) notes.add(apart);
        boolean eight = model.linears().stream()
                .anyMatch(l -> l.weight().param().value().dtype() == DType.INT8);
        if (eight) {
            notes.add(
                    "weights of eight bits are multiplied by f32 activations; transformers rounds these to eight bits,"
                            + " too, and keeps outliers apart");
        }
        return notes;
    }

    /// How linear weights were quantised as they were read; nothing where they are as in the file.
    public Optional<Quantization> quantised() {
        return quantised.stream().findFirst();
    }

    /// A second model on the same device, quantised alike.
    public OpenModel beside(Path other) {
        return new OpenModel(other, run, families, quantised, LayerCopies.NONE);
    }

    /// The file or folder, as it was named.
    public Path source() {
        return source;
    }

    /// The weights and the configuration as they are stored.
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /// Bytes of the weights, as they lie in the file.
    public long weightBytes() {
        return checkpoint.file().tensors().stream().mapToLong(t -> t.bytes()).sum();
    }

    /// A line about an embedding and a head that differ although the configuration ties them; empty if there are none.
    public String apart() {
        return apart;
    }

    /// The language model.
    ///
    /// @throws CheckpointException if it is none
    public CausalLm model() {
        if (model instanceof CausalLm language) return language;
        throw new CheckpointException(
                source, "a %s gives texts labels and writes none, expected a language model".formatted(model.family()));
    }

    /// The lifetime that the model lives in.
    public Kernels run() {
        return run;
    }

    /// Its tokenizer and chat template.
    ///
    /// @throws IllegalArgumentException if there is no tokenizer, or it cannot be read
    public TextCodec codec() {
        return codec("");
    }

    /// Its tokenizer with another chat template.
    ///
    /// @param chatTemplate its name among the model's or the usual ones, or a file of Jinja
    /// @throws IllegalArgumentException if there is no tokenizer or no such template, or one cannot be read
    public TextCodec codec(String chatTemplate) {
        return ModelText.codec(checkpoint, chatTemplate).within(model.vocabSize());
    }

    /// The same; a model without tokenizer gives one that knows the size of the vocabulary and refuses text.
    public TextCodec codecOrTokensOnly() {
        if (hasTokenizer()) return codec();
        return new TextCodec(new NoTokenizer(model.vocabSize(), source), ChatTemplate.absent());
    }

    /// The source of the chat template that `codec` takes for this name or file.
    ///
    /// @throws IllegalArgumentException if there is no such template, or it cannot be read
    public String templateSource(String chatTemplate) {
        try {
            return ChatTemplate.chosenSource(chatTemplate, templates());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether there is a tokenizer.
    public boolean hasTokenizer() {
        return ModelText.hasTokenizer(checkpoint);
    }

    /// Sources of the model's own chat templates by name: `default` and others; empty if it has none.
    public Map<String, String> templates() {
        return ModelText.templates(checkpoint);
    }

    /// Whether the model has a chat template of its own.
    public boolean hasTemplate() {
        return ModelText.hasTemplate(checkpoint);
    }

    @Override
    public void close() {
        files.close();
    }
}
