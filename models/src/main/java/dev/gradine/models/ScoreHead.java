package dev.gradine.models;

import dev.gradine.autograd.Param;
import dev.gradine.io.Checkpoint;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Scorer;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// Puts a head for scores on a language model: the checkpoint's own, or one that has learnt nothing yet.
final class ScoreHead {

    private static final String WEIGHT = Scorer.SCORE + ".weight";
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

    /// The configuration of a checkpoint: of one without a head for words, that the embedding stands for it.
    static Map<String, Object> config(Checkpoint checkpoint) {
        Map<String, Object> config = new LinkedHashMap<>(checkpoint.config());
        if (isAlone(checkpoint)) config.put("tie_word_embeddings", true);
        return config;
    }

    /// @throws ShapeException if the checkpoint's head has another number of labels than one
    static Scorer on(CausalLm model, Checkpoint checkpoint, Kernels run) {
        Shape shape = Shape.of(1, model.head().linear().in());
        Tensor w = isIn(checkpoint) ? stored(checkpoint, shape, run) : drawn(shape, run);
        return new Scorer(model, new Linear(Scorer.SCORE, new Weight(WEIGHT, Param.frozen(WEIGHT, w)), null));
    }

    private static Tensor stored(Checkpoint checkpoint, Shape shape, Kernels run) {
        Tensor w = checkpoint.tensor(WEIGHT);
        ShapeException.require(checkpoint.path() + ": " + WEIGHT, "shape", w.shape(), shape, "one score a text");
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
