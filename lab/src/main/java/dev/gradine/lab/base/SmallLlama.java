package dev.gradine.lab.base;

import dev.gradine.lab.Trial;
import dev.gradine.models.Families;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Full;
import dev.gradine.peft.Merge;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/// A Llama that is trained from nothing within seconds.
///
/// @param vocab tokens V
/// @param channels C, of which 16 make a head
/// @param layers number of blocks
/// @param positions longest sequence, tokens
public record SmallLlama(int vocab, int channels, int layers, int positions) {

    private static final int HEAD = 16;

    private CausalLm build(Weights.Source source, Kernels run) {
        Map<String, Object> c = new HashMap<>();
        c.put("model_type", "llama");
        c.put("vocab_size", vocab);
        c.put("hidden_size", channels);
        c.put("intermediate_size", 2 * channels);
        c.put("num_hidden_layers", layers);
        c.put("num_attention_heads", channels / HEAD);
        c.put("max_position_embeddings", positions);
        return Families.builtIn().build(new ModelConfig(c), new Weights(source, run));
    }

    /// With normal weights of deviation 1/√I, and norms of ones.
    public CausalLm random(RandomGenerator rng, Kernels run) {
        return build((_, shape) -> run.of(shape, values(shape, rng)), run);
    }

    private static float[] values(Shape shape, RandomGenerator rng) {
        float[] x = new float[shape.size()];
        if (shape.rank() == 1) Arrays.fill(x, 1);
        else for (int i = 0; i < x.length; i++) x[i] = (float) (rng.nextGaussian() / Math.sqrt(shape.last()));
        return x;
    }

    /// Trained from nothing.
    public CausalLm trained(Training how, Trial trial) {
        Kernels run = trial.run();
        CausalLm random = random(trial.random(1), run);
        Selection everything = Selection.of(Full.defaults().usualTargets());
        AdapterSet all = AdapterSet.fresh(random, Full.defaults(), everything, run, trial.random(1));
        how.of(random, all, run);
        return merged(all, run);
    }

    /// The model that computes what another one does with `trained`.
    public CausalLm merged(AdapterSet trained, Kernels run) {
        return build((name, _) -> Merge.merged(trained, weight(name, trained), run), run);
    }

    private static Weight weight(String name, AdapterSet trained) {
        return trained.model().weights().stream()
                .filter(w -> w.path().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
