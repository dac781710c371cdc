package dev.gradine.export;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufKey;
import dev.gradine.io.GgufLayout;
import dev.gradine.io.TensorSource;
import dev.gradine.nn.ModelConfig;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Rotary embedding as a GGUF file tells it: by keys, and by factors in tensors of their own.
final class GgufRotary {

    private static final String ORIGINAL = "original_max_position_embeddings";
    private static final Set<String> PLACES = Set.of("default", "linear", "llama3", "factors", "yarn");

    private final GgufArchitecture arch;
    private final ModelConfig config;
    private final int headDim;

    GgufRotary(GgufArchitecture arch, ModelConfig config, int headDim) {
        this.arch = arch;
        this.config = config;
        this.headDim = headDim;
        boolean hasPlace = PLACES.contains(scaling())
                || (scaling().equals("longrope") && arch.positions().isLongRope());
        if (!hasPlace) throw GgufHeader.without(arch, "rotary scaling " + scaling());
        if (near().has("rope_type") && !near().text("rope_type", "").equals("default")) {
            throw GgufHeader.without(arch, "rotary scaling within windows");
        }
        if (!nearKeys() && near().real("rope_theta", theta()) != theta()) {
            throw GgufHeader.without(arch, "another rope_theta within windows");
        }
        if (turning() != headDim && arch.turnsWhole()) throw GgufHeader.without(arch, "heads of which a part turns");
    }

    /// Adds the keys.
    ///
    /// @param prefix of all keys
    void put(Map<String, Object> m, String prefix) {
        m.put(prefix + "rope.dimension_count", turning());
        m.put(prefix + "rope.freq_base", (float) theta());
        switch (scaling()) {
            case "linear" -> {
                m.put(prefix + "rope.scaling.type", "linear");
                m.put(prefix + "rope.scaling.factor", (float) rope().real("factor"));
            }
            case "longrope" -> {
                m.put(prefix + "rope.scaling.original_context_length", (int) original());
                m.put(prefix + "rope.scaling.attn_factor", (float) attention());
            }
            case "yarn" -> yarn(m, prefix + "rope.scaling.");
            default -> {}
        }
        if (hasGrowth()) m.put(prefix + GgufKey.GROWTH, (float) rope().real("llama_4_scaling_beta"));
        if (nearKeys()) m.put(prefix + "rope.freq_base_swa", (float) nearTheta());
        config.ignore("rope_theta", "rotary_emb_base", "partial_rotary_factor", "rotary_pct", "rope_parameters");
    }

    /// Factors of cosines and sines are 0.1 ln(factor) + 1 by themselves.
    private void yarn(Map<String, Object> m, String prefix) {
        if (arch.yarn().isRounded() != rope().flag("truncate", true))
            throw GgufHeader.without(arch, "yarn with this truncate");
        double factor = rope().real("factor");
        m.put(prefix + "type", "yarn");
        m.put(prefix + "factor", (float) factor);
        m.put(prefix + "original_context_length", (int) original());
        m.put(prefix + "yarn_beta_fast", (float) rope().real("beta_fast", 32));
        m.put(prefix + "yarn_beta_slow", (float) rope().real("beta_slow", 1));
        if (arch.yarn().isOfScores()) scores(m, prefix);
        else turned(m, prefix, factor);
    }

    private void turned(Map<String, Object> m, String prefix, double factor) {
        double usual = mscale(factor, 1);
        double own = rope().atLeastZero("mscale", 0);
        double all = rope().atLeastZero("mscale_all_dim", 0);
        boolean isRatio = own > 0 && all > 0;
        double scale = rope().real("attention_factor", isRatio ? mscale(factor, own) / mscale(factor, all) : usual);
        if (isRatio && own == 1 && !rope().has("attention_factor")) m.put(prefix + "yarn_log_multiplier", (float) all);
        else if (scale != usual) m.put(prefix + "attn_factor", (float) (scale / usual));
    }

    /// llama.cpp takes one scale for scores, and leaves cosines and sines as they are.
    private void scores(Map<String, Object> m, String prefix) {
        double all = rope().atLeastZero("mscale_all_dim", 0);
        if (all == 0 || rope().atLeastZero("mscale", 0) != all || rope().has("attention_factor")) {
            throw GgufHeader.without(arch, "yarn with a mscale that is not its mscale_all_dim");
        }
        m.put(prefix + "yarn_log_multiplier", (float) (0.1 * all));
    }

    private static double mscale(double factor, double s) {
        return factor <= 1 ? 1 : 0.1 * s * Math.log(factor) + 1;
    }

    private boolean hasGrowth() {
        return arch.keys().stream().anyMatch(k -> k.gguf().equals(GgufKey.GROWTH))
                && rope().atLeastZero("llama_4_scaling_beta", 0) > 0;
    }

    /// Tensors that stand for keys: factors by which frequencies are divided, `f32[R/2]`, R the channels that turn.
    ///
    /// ```
    /// longrope   as the configuration has them, those of long texts and those of short ones
    /// llama3     λ = 2π · θ^(2i/R), L the original length, lo and hi the two frequency factors
    ///            λ < L/hi: 1        λ > L/lo: factor
    ///            else 1 / ((1 − t) / factor + t),  t = (L/λ − lo) / (hi − lo)
    /// ```
    List<TensorSource> tensors() {
        return switch (scaling()) {
            case "factors" -> List.of(source(GgufLayout.ROPE_FACTORS, factors("long_factor")));
            case "llama3" -> List.of(source(GgufLayout.ROPE_FACTORS, llama3()));
            case "longrope" ->
                List.of(
                        source(GgufLayout.LONG_FACTORS, factors("long_factor")),
                        source(GgufLayout.SHORT_FACTORS, factors("short_factor")));
            default -> List.of();
        };
    }

    private static TensorSource source(String name, double[] factors) {
        float[] values = new float[factors.length];
        for (int i = 0; i < values.length; i++) values[i] = (float) factors[i];
        return TensorSource.of(name, Tensor.of(Arena.ofAuto(), Shape.of(values.length), values));
    }

    private double[] llama3() {
        double lo = rope().real("low_freq_factor");
        double hi = rope().real("high_freq_factor");
        double length = original();
        double[] factors = new double[turning() / 2];
        for (int i = 0; i < factors.length; i++) {
            double wavelength = 2 * Math.PI * Math.pow(theta(), 2.0 * i / turning());
            double t = Math.clamp((length / wavelength - lo) / (hi - lo), 0, 1);
            factors[i] = 1 / ((1 - t) / rope().real("factor") + t);
        }
        return factors;
    }

    /// At the top of the configuration, else in the parameters, else the longest sequence: as the layers read it.
    private double original() {
        double within = rope().real(ORIGINAL, config.real("max_position_embeddings", 2048));
        return config.real(ORIGINAL, within);
    }

    /// Factor of cosines and sines: √(1 + ln(factor) / ln(L)) where it is not said.
    private double attention() {
        double length = original();
        double factor = rope().real("factor", config.real("max_position_embeddings", 2048) / length);
        double byLength = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(length));
        return rope().real("attention_factor", byLength);
    }

    /// Channels of a head that turn.
    private int turning() {
        double top = config.real(
                "partial_rotary_factor",
                config.real("rotary_pct", arch.positions().part()));
        return (int) (headDim * rope().real("partial_rotary_factor", top));
    }

    private double[] factors(String key) {
        return rope().reals(key, turning() / 2);
    }

    /// Whether layers with a window turn by a base of their own.
    private boolean nearKeys() {
        return arch.keys().stream().anyMatch(k -> k.gguf().equals("rope.freq_base_swa"));
    }

    /// The parameters of layers that see all.
    private ModelConfig rope() {
        ModelConfig scaling = config.object("rope_scaling");
        if (!scaling.isEmpty() || !config.has("rope_parameters")) return scaling;
        ModelConfig p = config.object("rope_parameters");
        return p.has("full_attention") ? p.object("full_attention") : p;
    }

    private ModelConfig near() {
        return config.object("rope_parameters").object("sliding_attention");
    }

    private double theta() {
        return rope().real(
                        "rope_theta",
                        config.real(
                                "rope_theta",
                                config.real("rotary_emb_base", arch.positions().theta())));
    }

    private double nearTheta() {
        return near().real("rope_theta", config.real("rope_local_base_freq", 1e4));
    }

    private String scaling() {
        String type = rope().text("rope_type", rope().text("type", "default"));
        boolean isByLength = type.equals("su") || type.equals("longrope") || rope().has("long_factor");
        if (!isByLength) return type;
        boolean isOne = Arrays.equals(factors("short_factor"), factors("long_factor")) && attention() == 1;
        return isOne ? "factors" : arch.positions().isLongRope() ? "longrope" : type;
    }
}
