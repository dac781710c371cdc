package dev.gradine.nn;

import dev.gradine.nn.RopeFrequencies.Stretch;
import dev.gradine.nn.RopeFrequencies.Yarn;
import java.util.Arrays;
import java.util.Set;

/// Reads the rotary keys of a `config.json`, of every generation that transformers 5 reads:
///
/// ```
/// rope_theta, rope_scaling {type | rope_type, factor, …}                 up to transformers 4
/// rope_parameters {rope_theta, rope_type, factor, …}                     since
/// rope_parameters {full_attention {…}, sliding_attention {…}}            by kind of layer
/// ```
///
/// The scaling `dynamic` changes the frequencies of texts longer than `max_position_embeddings` alone. No model here
/// takes those, so that it computes what `default` does.
///
/// Where `rope_scaling` and `rope_parameters` stand beside each other, `rope_scaling` counts. A scaling that is not
/// computed here is refused by its name, unless its factor is 1.
public final class RopeConfig {

    private static final String ORIGINAL = "original_max_position_embeddings";
    private static final String SCALING = "rope_scaling";
    private static final String PARAMETERS = "rope_parameters";

    /// Scalings that are not computed here, and nothing at a factor of 1.
    private static final Set<String> NEUTRAL_AT_ONE = Set.of("ntk");

    private RopeConfig() {}

    /// Frequencies of all layers.
    ///
    /// @throws ConfigException names the key that is missing or cannot be used
    public static RopeFrequencies of(ModelConfig c, int headDim) {
        ModelConfig scaling = c.object(SCALING);
        ModelConfig parameters = c.object(PARAMETERS);
        boolean old = !scaling.isEmpty();
        ModelConfig p = old ? scaling : parameters;
        double theta = p.real("rope_theta", c.real("rope_theta", 10_000));
        if (old) requireSameBase(parameters, theta);
        return of(c, p, theta, headDim);
    }

    /// The base of `rope_parameters` is lost beside a `rope_scaling` without one: transformers takes its default.
    private static void requireSameBase(ModelConfig parameters, double theta) {
        parameters.ignore("rope_type", "type", "factor", ORIGINAL, "low_freq_factor", "high_freq_factor");
        if (parameters.real("rope_theta", theta) == theta) return;
        throw parameters.wrong(
                "rope_theta",
                "%s, which rope_scaling beside rope_parameters goes by; put all into rope_parameters".formatted(theta));
    }

    /// Frequencies of one kind of layer: of `rope_parameters.KIND`, over which `rope_scaling` is laid in layers that
    /// see all.
    ///
    /// @param kind such as `full_attention`
    /// @param key of the base θ where `rope_parameters` has none
    /// @param theta base where neither is there
    /// @throws ConfigException names the key that is missing or cannot be used
    public static RopeFrequencies of(ModelConfig c, String kind, String key, double theta, int headDim) {
        ModelConfig p = c.object(PARAMETERS).object(kind);
        double base = p.real("rope_theta", c.real(key, theta));
        ModelConfig scaling = c.object(SCALING);
        if (scaling.isEmpty() || !kind.equals("full_attention")) return of(c, p, base, headDim);
        p.ignore("rope_type", "type", "factor");
        return of(c, scaling, scaling.real("rope_theta", base), headDim);
    }

    private static RopeFrequencies of(ModelConfig c, ModelConfig p, double theta, int headDim) {
        c.requireOne("partial_rotary_factor");
        p.requireOne("partial_rotary_factor");
        RopeFrequencies base = RopeFrequencies.of(theta, headDim);
        String type = p.text("rope_type", p.text("type", "default"));
        p.ignore("type"); // the older name of rope_type, which wins
        return switch (type) {
            case "default" -> plain(p, base);
            case "linear" -> linear(p, base);
            case "llama3" -> base.stretched(stretch(c, p));
            case "longrope", "su" -> byFactors(c, p, base, headDim);
            case "yarn" -> base.blended(yarn(c, p), theta);
            case "dynamic" -> dynamic(p, base);
            default -> neutral(p, base, type);
        };
    }

    private static RopeFrequencies plain(ModelConfig p, RopeFrequencies base) {
        p.ignore(ORIGINAL);
        if (p.has("factor") && p.real("factor") != 1) {
            throw p.wrong("factor", "1 or a rope_type beside it, such as \"linear\": without one it has no effect");
        }
        return base;
    }

    private static RopeFrequencies linear(ModelConfig p, RopeFrequencies base) {
        p.ignore(ORIGINAL);
        return base.divided(p.real("factor"));
    }

    private static RopeFrequencies dynamic(ModelConfig p, RopeFrequencies base) {
        p.ignore(ORIGINAL);
        p.real("factor");
        return base;
    }

    private static Yarn yarn(ModelConfig c, ModelConfig p) {
        double length = originalLength(c, p);
        boolean ofLengths = p.says("factor") && !p.has("factor"); // null, as DeepSeek's files have it
        double factor = ofLengths ? c.real("max_position_embeddings", 2048) / length : p.real("factor");
        double scale = mscale(factor, 1);
        boolean own = p.has("mscale");
        if (p.has("mscale_all_dim") && own) {
            scale = mscale(factor, p.real("mscale")) / mscale(factor, p.real("mscale_all_dim"));
        }
        return new Yarn(
                factor,
                p.real("beta_fast", 32),
                p.real("beta_slow", 1),
                length,
                p.flag("truncate", true),
                p.real("attention_factor", scale));
    }

    /// What scores grow by with the length, in cosines and sines: 0.1 m ln(factor) + 1.
    private static double mscale(double factor, double m) {
        return factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1;
    }

    private static Stretch stretch(ModelConfig c, ModelConfig p) {
        double lo = p.real("low_freq_factor");
        double hi = p.real("high_freq_factor");
        if (hi <= lo) throw p.wrong("high_freq_factor", "a number above low_freq_factor " + lo);
        return new Stretch(p.real("factor"), lo, hi, originalLength(c, p));
    }

    /// At the top of the configuration, else in the parameters, else the longest sequence: transformers' order.
    private static double originalLength(ModelConfig c, ModelConfig p) {
        double within = p.real(ORIGINAL, c.real("max_position_embeddings", 2048));
        return c.real(ORIGINAL, within);
    }

    /// Factors of each frequency. Two sets of them, for short and for long texts, are not computed here.
    private static RopeFrequencies byFactors(ModelConfig c, ModelConfig p, RopeFrequencies base, int headDim) {
        double[] factors = p.reals("long_factor", headDim / 2);
        double[] ofShort = p.reals("short_factor", headDim / 2);
        if (!Arrays.equals(factors, ofShort)) {
            throw p.wrong(
                    "short_factor",
                    "the same as long_factor: frequencies that change with the length are not computed");
        }
        double length = originalLength(c, p);
        double factor = p.real("factor", c.real("max_position_embeddings", 2048) / length);
        double byLength = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(length));
        double attention = p.real("attention_factor", byLength);
        if (attention != 1) {
            throw p.wrong(
                    "attention_factor",
                    "1: a longrope that scales scores, here by %s, is not computed".formatted(attention));
        }
        return base.divided(factors);
    }

    private static RopeFrequencies neutral(ModelConfig p, RopeFrequencies base, String type) {
        boolean off = NEUTRAL_AT_ONE.contains(type) && p.has("factor") && p.real("factor") == 1;
        if (!off || (p.has("attention_factor") && p.real("attention_factor") != 1)) {
            throw p.wrong(
                    p.has("rope_type") ? "rope_type" : "type",
                    "\"default\", \"linear\", \"dynamic\", \"llama3\", \"longrope\" or \"yarn\"");
        }
        p.ignore(ORIGINAL);
        return base;
    }
}
