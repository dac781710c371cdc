package dev.gradine.models;

import dev.gradine.autograd.Param;
import dev.gradine.io.Checkpoint;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Scorer;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Puts a head for scores on a language model: the checkpoint's own, or one that has learnt nothing yet.
final class ScoreHead {

    /// Name of its weight.
    static final String WEIGHT = Scorer.SCORE + ".weight";
    private static final String WORDS = "lm_head.weight";
    private static final double DEVIATION = 0.02; // as transformers begins it

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

    /// A model of one score.
    ///
    /// @throws ShapeException if the checkpoint's head has another number of labels than one
    static Scorer one(CausalLm model, Checkpoint checkpoint, Kernels run) {
        return on(model, checkpoint, Labels.score(), "one score a text", run);
    }

    /// A model of the labels that the configuration names.
    ///
    /// @param otherwise how many there are where the checkpoint says nothing
    /// @throws ShapeException if the checkpoint's head has another number of labels than its configuration
    static Scorer labelled(CausalLm model, Checkpoint checkpoint, int otherwise, Kernels run) {
        int stored = isIn(checkpoint) ? checkpoint.tensor(WEIGHT).shape().dim(0) : otherwise;
        Labels labels = Labels.of(new ModelConfig(checkpoint.config()), stored);
        return on(model, checkpoint, labels, "as many as its config has labels", run);
    }

    private static Scorer on(CausalLm model, Checkpoint checkpoint, Labels labels, String because, Kernels run) {
        Shape shape = Shape.of(labels.count(), model.head().linear().in());
        Tensor w = isIn(checkpoint) ? stored(checkpoint, shape, because, run) : drawn(shape, run);
        Linear head = new Linear(Scorer.SCORE, new Weight(WEIGHT, Param.frozen(WEIGHT, w)), null);
        return new Scorer(model, head, labels);
    }

    private static Tensor stored(Checkpoint checkpoint, Shape shape, String because, Kernels run) {
        Tensor w = checkpoint.tensor(WEIGHT);
        ShapeException.require(checkpoint.path() + ": " + WEIGHT, "shape", w.shape(), shape, because);
        Tensor f32 = run.empty(shape);
        run.copy(run.fromHost(w), f32);
        return f32;
    }

    /// The same values for every model of one width: who trains it holds a copy.
    private static Tensor drawn(Shape shape, Kernels run) {
        SplittableRandom rng = new SplittableRandom(0);
        float[] w = new float[shape.size()];
        for (int i = 0; i < w.length; i++) w[i] = (float) rng.nextGaussian(0, DEVIATION);
        return run.of(shape, w);
    }
}
