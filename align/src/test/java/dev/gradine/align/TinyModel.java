package dev.gradine.align;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Llama;
import dev.gradine.nn.LlamaConfig;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// A Llama of two blocks with random weights, all of which can be trained.
final class TinyModel {

    private TinyModel() {}

    static Llama of(Kernels run) {
        Map<String, Object> config = Map.of(
                "vocab_size", 37,
                "hidden_size", 24,
                "intermediate_size", 40,
                "num_hidden_layers", 2,
                "num_attention_heads", 4,
                "num_key_value_heads", 2);
        return new Llama(LlamaConfig.of(config), name -> weight(run, name), run);
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
    static Trained train(Llama model, Kernels run) {
        SequencedMap<Weight, Param> all = new LinkedHashMap<>();
        for (Weight w : model.weights())
            all.put(w, Param.trained(w.path(), w.param().value(), run));
        return new Trained(all);
    }

    private static Tensor weight(Kernels run, String name) {
        Shape shape = shape(name);
        float[] values = Cases.plain(name.hashCode(), shape.size(), 0.5f);
        if (name.endsWith("norm.weight")) for (int i = 0; i < values.length; i++) values[i] += 1;
        return run.of(shape, values);
    }

    private static Shape shape(String name) {
        String[] path = name.split("\\.", -1);
        return switch (path[path.length - 2]) {
            case "embed_tokens", "lm_head" -> Shape.of(37, 24);
            case "q_proj", "o_proj" -> Shape.of(24, 24);
            case "k_proj", "v_proj" -> Shape.of(12, 24);
            case "gate_proj", "up_proj" -> Shape.of(40, 24);
            case "down_proj" -> Shape.of(24, 40);
            case "norm", "input_layernorm", "post_attention_layernorm" -> Shape.of(24);
            default -> throw new IllegalArgumentException("no weight " + name);
        };
    }
}
