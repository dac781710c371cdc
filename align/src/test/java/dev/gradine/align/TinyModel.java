package dev.gradine.align;

import dev.gradine.autograd.Param;
import dev.gradine.models.Families;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// A CausalLm of two blocks with random weights, all of which can be trained.
final class TinyModel {

    private TinyModel() {}

    static CausalLm of(Kernels run) {
        Map<String, Object> config = Map.of(
                "model_type", "llama",
                "vocab_size", 37,
                "hidden_size", 24,
                "intermediate_size", 40,
                "num_hidden_layers", 2,
                "num_attention_heads", 4,
                "num_key_value_heads", 2);
        return Families.builtIn()
                .build(new ModelConfig(config), new Weights((name, shape) -> weight(run, name, shape), run));
    }

    /// Trained copies of all weights of a model.
    record Trained(SequencedMap<Weight, Param> copies) implements Adapters {

        @Override
        public Param at(Weight weight) {
            return copies.getOrDefault(weight, weight.param());
        }

        @Override
        public boolean touches(Site site) {
            return copies.containsKey(site);
        }

        List<Param> params() {
            return new ArrayList<>(copies.values());
        }
    }

    /// Every weight a trained copy of itself.
    static Trained train(CausalLm model, Kernels run) {
        SequencedMap<Weight, Param> all = new LinkedHashMap<>();
        for (Weight w : model.weights())
            all.put(w, Param.trained(w.path(), w.param().value(), run));
        return new Trained(all);
    }

    private static Tensor weight(Kernels run, String name, Shape shape) {
        float[] values = Cases.plain(name.hashCode(), shape.size(), 0.5f);
        if (name.endsWith("norm.weight")) for (int i = 0; i < values.length; i++) values[i] += 1;
        return run.of(shape, values);
    }
}
