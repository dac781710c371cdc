package dev.gradine.export;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufLayout;
import dev.gradine.io.TensorSource;
import dev.gradine.nn.ModelConfig;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// What a GGUF file says of a model besides its weights and its tokenizer: the keys that llama.cpp computes by, under
/// the names its converter writes. A setting without a key is refused, since llama.cpp would compute something else.
final class GgufHeader {

    private final GgufArchitecture arch;
    private final ModelConfig config;
    private final int hidden;
    private final int heads;
    private final int kvHeads;
    private final int headDim;

    /// @param config of the model, under Hugging Face's keys
    GgufHeader(GgufArchitecture arch, ModelConfig config) {
        this.arch = arch;
        this.config = config;
        hidden = config.positive("hidden_size");
        heads = config.positive("num_attention_heads");
        kvHeads = config.positive("num_key_value_heads", heads);
        headDim = config.positive("head_dim", hidden / heads);
        requirePlaceForAll();
    }

    /// The names of the file.
    GgufLayout layout() {
        return new GgufLayout(arch, heads, kvHeads);
    }

    /// The keys `general.…` and those of the architecture.
    ///
    /// @param name of the model
    /// @param type of most weights
    Map<String, Object> metadata(String name, DType type) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("general.architecture", arch.name());
        m.put("general.type", "model");
        m.put("general.name", name);
        m.put("general.quantization_version", 2);
        m.put("general.file_type", fileType(type));
        m.put(key("vocab_size"), config.positive("vocab_size"));
        m.put(key("context_length"), config.positive("max_position_embeddings", 2048));
        m.put(key("embedding_length"), hidden);
        m.put(key("block_count"), layers());
        m.put(key("feed_forward_length"), config.positive("intermediate_size"));
        m.put(key("attention.head_count"), heads);
        m.put(key("attention.head_count_kv"), kvHeads);
        m.put(key("attention.key_length"), headDim);
        m.put(key("attention.value_length"), headDim);
        m.put(key("attention.layer_norm_rms_epsilon"), (float) config.real("rms_norm_eps", 1e-6));
        m.put(key("rope.dimension_count"), headDim);
        m.put(key("rope.freq_base"), (float) theta());
        if (scaling().equals("linear")) {
            m.put(key("rope.scaling.type"), "linear");
            m.put(key("rope.scaling.factor"), (float) rope().real("factor"));
        }
        arch.keys().forEach((gguf, hf) -> own(m, gguf, hf));
        return m;
    }

    /// A key that other architectures do not have.
    private void own(Map<String, Object> m, String gguf, String hf) {
        switch (gguf) {
            case "attention.key_length" -> {} // written for all
            case "rope.freq_base_swa" -> m.put(key(gguf), (float) nearTheta());
            case "attention.sliding_window" ->
                m.put(key(gguf), config.positive(hf, config.positive("max_position_embeddings", 2048)));
            default -> {
                if (config.has(hf)) m.put(key(gguf), (float) config.real(hf));
            }
        }
    }

    /// Tensors that stand for keys: factors by which frequencies are divided, `f32[D/2]`, of the scaling `llama3`.
    ///
    /// ```
    /// λ = 2π · θ^(2i/D), L the original length, lo and hi the two frequency factors
    /// λ < L/hi: 1         λ > L/lo: factor         else 1 / ((1 − t) / factor + t),  t = (L/λ − lo) / (hi − lo)
    /// ```
    List<TensorSource> tensors() {
        if (!scaling().equals("llama3")) return List.of();
        double lo = rope().real("low_freq_factor");
        double hi = rope().real("high_freq_factor");
        double length = rope().real("original_max_position_embeddings");
        float[] factors = new float[headDim / 2];
        for (int i = 0; i < factors.length; i++) {
            double wavelength = 2 * Math.PI * Math.pow(theta(), 2.0 * i / headDim);
            double t = Math.clamp((length / wavelength - lo) / (hi - lo), 0, 1);
            factors[i] = (float) (1 / ((1 - t) / rope().real("factor") + t));
        }
        return List.of(
                TensorSource.of(GgufLayout.ROPE_FACTORS, Tensor.of(Arena.ofAuto(), Shape.of(factors.length), factors)));
    }

    private void requirePlaceForAll() {
        if (!List.of("default", "linear", "llama3").contains(scaling())) {
            throw without("rotary scaling " + scaling());
        }
        if (config.flag("use_sliding_window", false)) throw without("use_sliding_window");
        for (String cap : List.of("attn_logit_softcapping", "final_logit_softcapping")) {
            boolean hasPlace = arch.keys().containsValue(cap);
            if (config.has(cap) && !hasPlace) throw without(cap);
            if (hasPlace && config.says(cap) && !config.has(cap)) throw without(cap + " null");
        }
        if (!arch.keys().containsValue("sliding_window")) return; // the rest is Gemma's
        int scalar = config.positive("query_pre_attn_scalar", 256);
        boolean largest = List.of(46, 62).contains(layers()); // llama.cpp knows the 27B models by their layers
        if (scalar != headDim || (largest && scalar != hidden / heads)) {
            throw without("query_pre_attn_scalar %d beside heads of %d".formatted(scalar, headDim));
        }
        if (config.has("sliding_window")) requireUsualWindows();
        if (near().has("rope_type") && !near().text("rope_type", "").equals("default")) {
            throw without("rotary scaling within windows");
        }
    }

    /// Which layers see a window is not in the file.
    private void requireUsualWindows() {
        int period = nearKeys() ? 6 : 2;
        List<String> usual = IntStream.range(0, layers())
                .mapToObj(l -> (l + 1) % period != 0 ? "sliding_attention" : "full_attention")
                .toList();
        List<String> own = config.texts("layer_types");
        int said = config.positive("sliding_window_pattern", config.positive("_sliding_window_pattern", period));
        if (own.isEmpty() ? said != period : !own.equals(usual)) throw without("this order of layers with windows");
    }

    private IllegalArgumentException without(String what) {
        return new IllegalArgumentException(
                "gguf: %s has no place in a file of architecture %s; --to safetensors keeps it"
                        .formatted(what, arch.name()));
    }

    /// Whether layers with a window turn by a base of their own.
    private boolean nearKeys() {
        return arch.keys().containsKey("rope.freq_base_swa");
    }

    /// The parameters of rotary embedding, of layers that see all.
    private ModelConfig rope() {
        ModelConfig p = config.object("rope_parameters");
        if (!config.has("rope_parameters")) return config.object("rope_scaling");
        return nearKeys() ? p.object("full_attention") : p;
    }

    private ModelConfig near() {
        return config.object("rope_parameters").object("sliding_attention");
    }

    private double theta() {
        return rope().real("rope_theta", config.real("rope_theta", nearKeys() ? 1e6 : 1e4));
    }

    private double nearTheta() {
        return near().real("rope_theta", config.real("rope_local_base_freq", 1e4));
    }

    private String scaling() {
        return rope().text("rope_type", rope().text("type", "default"));
    }

    private int layers() {
        return config.positive("num_hidden_layers");
    }

    private String key(String name) {
        return arch.name() + "." + name;
    }

    /// llama.cpp's number for a file whose weights are mostly of this type.
    private static int fileType(DType type) {
        return switch (type) {
            case F16 -> 1;
            case Q4_0 -> 2;
            case Q4_1 -> 3;
            case Q8_0 -> 7;
            case BF16 -> 32;
            default -> 0;
        };
    }
}
