package dev.gradine.nn;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import java.util.HashMap;
import java.util.Map;

/// A model of two blocks with random weights, for tests that need no golden values.
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

    /// The model with its configuration changed.
    static Llama of(Kernels run, Map<String, Object> changes) {
        Map<String, Object> c = config();
        c.putAll(changes);
        return new Llama(LlamaConfig.of(c), name -> weight(run, name), run);
    }

    static Llama of(Kernels run) {
        return of(run, Map.of());
    }

    private static Tensor weight(Kernels run, String name) {
        var shape = Shapes.of(name);
        float[] values = Cases.plain(name.hashCode(), shape.size(), 0.5f);
        if (shape.rank() == 1) for (int i = 0; i < values.length; i++) values[i] += name.endsWith("bias") ? 0 : 1;
        return run.of(shape, values);
    }
}
