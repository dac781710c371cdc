package dev.gradine.models;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import java.util.HashMap;
import java.util.Map;

/// A small Llama as its `config.json` describes it, with random weights.
final class TinyLlama {

    private TinyLlama() {}

    /// Its `config.json`.
    static Map<String, Object> config() {
        Map<String, Object> c = new HashMap<>();
        c.put("model_type", "llama");
        c.put("vocab_size", 37);
        c.put("hidden_size", 24);
        c.put("intermediate_size", 40);
        c.put("num_hidden_layers", 2);
        c.put("num_attention_heads", 4);
        c.put("num_key_value_heads", 2);
        c.put("max_position_embeddings", 64);
        return c;
    }

    /// A model of any family with weights drawn from their names.
    static CausalLm build(Map<String, Object> config, Kernels run) {
        return Families.builtIn()
                .build(new ModelConfig(config), new Weights((name, shape) -> weight(run, name, shape), run));
    }

    static Tensor weight(Kernels run, String name, Shape shape) {
        float[] values = Cases.plain(name.hashCode(), shape.size(), 0.5f);
        if (shape.rank() == 1) for (int i = 0; i < values.length; i++) values[i] += name.endsWith("bias") ? 0 : 1;
        return run.of(shape, values);
    }
}
