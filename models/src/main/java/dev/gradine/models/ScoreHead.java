package dev.gradine.models;

import dev.gradine.autograd.Param;
import dev.gradine.io.Checkpoint;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Scorer;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Puts a head for scores on a language model: the checkpoint's own, or one that has learnt nothing yet.
final class ScoreHead {

    /// Name of its weight.
    static final String WEIGHT = Scorer.SCORE + ".weight";
    private static final String WORDS = "lm_head.weight";

    private ScoreHead() {}

    /// Whether a checkpoint has one.
    static boolean isIn(Checkpoint checkpoint) {
        return checkpoint.has(WEIGHT);
    }

    /// Whether it has one in the place of a head for words.
    static boolean isAlone(Checkpoint checkpoint) {
        return isIn(checkpoint) && !checkpoint.has(WORDS);
    }

    /// Whether a checkpoint is one of labels: by its architecture, or because it has no head for words.
    static boolean isMeant(Checkpoint checkpoint) {
        boolean isNamed = checkpoint.config().get("architectures") instanceof List<?> names
                && names.stream().anyMatch(n -> String.valueOf(n).endsWith("ForSequenceClassification"));
        return isIn(checkpoint) && (isNamed || isAlone(checkpoint));
    }

    /// The configuration of a checkpoint: of one without a head for words, that the embedding stands for it.
    static Map<String, Object> config(Checkpoint checkpoint) {
        Map<String, Object> config = new LinkedHashMap<>(checkpoint.config());
        if (isAlone(checkpoint)) config.put("tie_word_embeddings", true);
        return config;
    }

    /// A model of the labels that the configuration names, with the head of the checkpoint.
    ///
    /// @throws ShapeException if the checkpoint's head has another number of labels than its configuration
    static Scorer own(CausalLm model, Checkpoint checkpoint, Kernels run) {
        int stored = checkpoint.tensor(WEIGHT).shape().dim(0);
        Labels labels = Labels.of(new ModelConfig(checkpoint.config()), stored);
        Shape shape = Shape.of(labels.count(), model.head().linear().in());
        return on(model, stored(checkpoint, shape, run), labels);
    }

    /// A model of these labels, with a head that has learnt nothing.
    static Scorer begun(CausalLm model, Labels labels, Kernels run) {
        return on(
                model,
                Weights.drawn(Shape.of(labels.count(), model.head().linear().in()), run),
                labels);
    }

    private static Scorer on(CausalLm model, Tensor w, Labels labels) {
        Linear head = new Linear(Scorer.SCORE, new Weight(WEIGHT, Param.frozen(WEIGHT, w)), null);
        return new Scorer(model, head, labels);
    }

    private static Tensor stored(Checkpoint checkpoint, Shape shape, Kernels run) {
        Tensor w = checkpoint.tensor(WEIGHT);
        ShapeException.require(
                checkpoint.path() + ": " + WEIGHT, "shape", w.shape(), shape, "as many as its config has labels");
        Tensor f32 = run.empty(shape);
        run.copy(run.fromHost(w), f32);
        return f32;
    }
}
