package dev.gradine.nn;

import dev.gradine.nn.RopeFrequencies.Stretch;
import dev.gradine.nn.RopeFrequencies.Yarn;
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

    private final ModelConfig c;
    private final ModelConfig p; // the object that counts
    private final int headDim;

    private RopeConfig(ModelConfig c, ModelConfig p, int headDim) {
        this.c = c;
        this.p = p;
        this.headDim = headDim;
    }

    /// What a family takes where its configuration does not say.
    ///
    /// @param theta base θ
    /// @param part share of a head's channels that turn
    public record Usual(double theta, double part) {

        /// Whole heads by θ = 10,000, as Llama has it.
        public static final Usual LLAMA = new Usual(10_000, 1);
    }

    /// Frequencies of all layers.
    ///
    /// @throws ConfigException names the key that is missing or cannot be used
    public static RopeFrequencies of(ModelConfig c, int headDim) {
        return of(c, headDim, Usual.LLAMA);
    }

    /// Frequencies of all layers, with what the family takes where the configuration does not say.
    ///
    /// @throws ConfigException names the key that is missing or cannot be used
    public static RopeFrequencies of(ModelConfig c, int headDim, Usual usual) {
        ModelConfig scaling = c.object(SCALING);
        ModelConfig parameters = c.object(PARAMETERS);
        boolean old = !scaling.isEmpty();
        ModelConfig p = old ? scaling : parameters;
        double theta = p.real("rope_theta", c.real("rope_theta", c.real("rotary_emb_base", usual.theta)));
        if (old) requireSameBase(parameters, theta);
        return new RopeConfig(c, p, headDim).frequencies(theta, usual.part);
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
        if (scaling.isEmpty() || !kind.equals("full_attention"))
            return new RopeConfig(c, p, headDim).frequencies(base, 1);
        p.ignore("rope_type", "type", "factor");
        return new RopeConfig(c, scaling, headDim).frequencies(scaling.real("rope_theta", base), 1);
    }

    private RopeFrequencies frequencies(double theta, double usualPart) {
        String type = p.text("rope_type", p.text("type", "default"));
        p.ignore("type"); // the older name of rope_type, which wins
        double part = part(usualPart);
        int turning = (int) (headDim * part);
        if (turning < 2 || turning % 2 != 0) {
            throw (p.has("partial_rotary_factor") ? p : c)
                    .wrong(
                            "partial_rotary_factor",
                            "a share of the %d channels that is an even number".formatted(headDim));
        }
        if (type.equals("proportional"))
            return RopeFrequencies.of(theta, headDim).proportional(turning);
        RopeFrequencies base = RopeFrequencies.of(theta, turning);
        return switch (type) {
            case "default" -> plain(base);
            case "linear" -> linear(base);
            case "llama3" -> base.stretched(stretch());
            case "longrope", "su" -> byFactors(base, turning);
            case "yarn" -> p.has("long_factor") ? byFactors(base, turning) : base.blended(yarn(), theta);
            case "dynamic" -> dynamic(base);
            default -> neutral(base, type);
        };
    }

    /// Share of a head's channels that turn: in the parameters, else at the top, under its older name else.
    private double part(double usual) {
        double top = c.real("partial_rotary_factor", c.real("rotary_pct", usual));
        double part = p.real("partial_rotary_factor", top);
        if (part <= 1) return part;
        throw (p.has("partial_rotary_factor") ? p : c).wrong("partial_rotary_factor", "at most 1");
    }

    private RopeFrequencies plain(RopeFrequencies base) {
        p.ignore(ORIGINAL);
        if (p.has("factor") && p.real("factor") != 1) {
            throw p.wrong("factor", "1 or a rope_type beside it, such as \"linear\": without one it has no effect");
        }
        return base;
    }

    private RopeFrequencies linear(RopeFrequencies base) {
        p.ignore(ORIGINAL);
        return base.divided(p.real("factor"));
    }

    private RopeFrequencies dynamic(RopeFrequencies base) {
        p.ignore(ORIGINAL);
        p.real("factor");
        return base;
    }

    private Yarn yarn() {
        double length = originalLength();
        double factor = factor(length);
        double own = p.atLeastZero("mscale", 0);
        double all = p.atLeastZero("mscale_all_dim", 0);
        double scale = own > 0 && all > 0 ? mscale(factor, own) / mscale(factor, all) : mscale(factor, 1);
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

    /// What DeepSeek's scores are multiplied by beside yarn: the square of its scale for `mscale_all_dim`.
    ///
    /// @throws ConfigException names the key that is missing or cannot be used
    public static double scoreScale(ModelConfig c) {
        ModelConfig scaling = c.object(SCALING);
        ModelConfig p = scaling.isEmpty() ? c.object(PARAMETERS) : scaling;
        double all = p.atLeastZero("mscale_all_dim", 0);
        if (all == 0 || p.text("rope_type", p.text("type", "default")).equals("default")) return 1;
        RopeConfig rope = new RopeConfig(c, p, 0);
        double m = mscale(rope.factor(rope.originalLength()), all);
        return m * m;
    }

    private double factor(double length) {
        boolean ofLengths = p.says("factor") && !p.has("factor"); // null, as DeepSeek's files have it
        return ofLengths ? c.real("max_position_embeddings", 2048) / length : p.real("factor");
    }

    private Stretch stretch() {
        double lo = p.real("low_freq_factor");
        double hi = p.real("high_freq_factor");
        if (hi <= lo) throw p.wrong("high_freq_factor", "a number above low_freq_factor " + lo);
        return new Stretch(p.real("factor"), lo, hi, originalLength());
    }

    /// At the top of the configuration, else in the parameters, else the longest sequence: transformers' order.
    private double originalLength() {
        double within = p.real(ORIGINAL, c.real("max_position_embeddings", 2048));
        return c.real(ORIGINAL, within);
    }

    private RopeFrequencies byFactors(RopeFrequencies base, int turning) {
        double[] factors = p.reals("long_factor", turning / 2);
        double[] ofShort = p.reals("short_factor", turning / 2);
        double length = originalLength();
        double factor = p.real("factor", c.real("max_position_embeddings", 2048) / length);
        double byLength = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(length));
        return base.byLength(ofShort, factors, length, p.real("attention_factor", byLength));
    }

    private RopeFrequencies neutral(RopeFrequencies base, String type) {
        boolean off = NEUTRAL_AT_ONE.contains(type) && p.has("factor") && p.real("factor") == 1;
        if (!off || (p.has("attention_factor") && p.real("attention_factor") != 1)) {
            throw p.wrong(
                    p.has("rope_type") ? "rope_type" : "type",
                    "\"default\", \"linear\", \"dynamic\", \"llama3\", \"longrope\", \"proportional\" or \"yarn\"");
        }
        p.ignore(ORIGINAL);
        return base;
    }
}
