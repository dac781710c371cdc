package dev.gradine.cli.plan;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Sizes of well-known models, for plans without their files: Llama 2 of 7 and 13 billion parameters (Touvron et al.
/// 2023, arXiv:2307.09288), Llama 3.1 of 8 and 70 billion (arXiv:2407.21783, table 3).
public enum PlanPreset {
    /// Llama 2 7B: 6,738,415,616 parameters.
    LLAMA_7B("7b", new Sizes(4096, 11008, 32, 32, 32, 32_000)),
    /// Llama 3.1 8B: 8,030,261,248 parameters.
    LLAMA_8B("8b", new Sizes(4096, 14336, 32, 32, 8, 128_256)),
    /// Llama 2 13B: 13,015,864,320 parameters.
    LLAMA_13B("13b", new Sizes(5120, 13824, 40, 40, 40, 32_000)),
    /// Llama 3.1 70B: 70,553,706,496 parameters.
    LLAMA_70B("70b", new Sizes(8192, 28672, 80, 64, 8, 128_256));

    private final String typed;

    @SuppressWarnings("ImmutableEnumChecker") // a record of numbers
    private final Sizes sizes;

    private record Sizes(int hidden, int inner, int layers, int heads, int kvHeads, int vocab) {}

    PlanPreset(String typed, Sizes sizes) {
        this.typed = typed;
        this.sizes = sizes;
    }

    /// What users type, such as `70b`.
    public String typed() {
        return typed;
    }

    /// Its `config.json`.
    public Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "llama");
        config.put("hidden_size", sizes.hidden());
        config.put("intermediate_size", sizes.inner());
        config.put("num_hidden_layers", sizes.layers());
        config.put("num_attention_heads", sizes.heads());
        config.put("num_key_value_heads", sizes.kvHeads());
        config.put("vocab_size", sizes.vocab());
        config.put("max_position_embeddings", 1 << 17);
        config.put("tie_word_embeddings", false);
        config.put("dtype", "bfloat16");
        return config;
    }

    /// All names that can be typed.
    public static List<String> names() {
        return Arrays.stream(values()).map(PlanPreset::typed).toList();
    }

    /// The one of that name, in any case.
    static Optional<PlanPreset> named(String name) {
        return Arrays.stream(values())
                .filter(p -> p.typed.equalsIgnoreCase(name))
                .findFirst();
    }
}
