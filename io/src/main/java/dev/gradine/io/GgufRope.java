package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/// The rotary scaling of a GGUF file, as `rope_scaling` of a Hugging Face configuration.
///
/// ```
/// ARCH.rope.scaling.factor, the older ARCH.rope.scale_linear      ω_i / factor, unless rope.scaling.type is none
/// rope_freqs.weight f32[D/2]                                      ω_i / f_i
/// ```
///
/// A missing type means linear, as in llama.cpp. Factors that are Llama 3's become its parameters; others become a
/// `longrope` with the same factors for all lengths, which is the same computation.
final class GgufRope {

    private static final String FACTORS = GgufLayout.ROPE_FACTORS;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The factor's key, and its older one.
    private static final List<String> FACTOR = List.of("rope.scaling.factor", "rope.scale_linear");

    /// Llama 3's, from 3.1 on; the factor itself differs: 8 or 32.
    private static final double LOW = 1;

    private static final double HIGH = 4;
    private static final double LENGTH = 8192;

    /// Factors are stored as f32, and were computed from frequencies in f32.
    private static final double ROUNDING = 1e-5;

    private GgufRope() {}

    /// Puts what the file says under Hugging Face's keys.
    ///
    /// @throws CheckpointException if the scaling is one that is not computed here
    static void read(GgufModel model, Map<String, Object> config) {
        String growth = model.key(GgufKey.GROWTH);
        if (model.has(growth)) {
            config.put("rope_parameters", growing(model, model.real(growth)));
            return;
        }
        config.put("rope_theta", model.theta());
        int turning = model.turning();
        if (turning != model.headDim() || model.architecture().positions().part() != 1) {
            config.put("partial_rotary_factor", share(turning, model.headDim()));
        }
        Map<String, Object> scaling = scaling(model);
        if (model.file().names().contains(GgufLayout.LONG_FACTORS)) {
            config.put("original_max_position_embeddings", original(model)); // where transformers looks for it
        }
        if (!scaling.isEmpty()) config.put("rope_scaling", scaling);
    }

    /// Queries that grow with their position: all in one object, as the family that has them reads it.
    private static Map<String, Object> growing(GgufModel model, double beta) {
        Map<String, Object> rope = new LinkedHashMap<>(scaling(model));
        rope.putIfAbsent("rope_type", "default");
        rope.put("rope_theta", model.theta());
        rope.put("llama_4_scaling_beta", beta);
        rope.putIfAbsent("original_max_position_embeddings", original(model));
        return rope;
    }

    /// The length that a scaling begins from.
    private static int original(GgufModel model) {
        String length = model.key("rope.scaling.original_context_length");
        return model.has(length) ? model.number(length) : model.positions();
    }

    /// The share of a head that gives back so many channels where it is multiplied and cut.
    private static double share(int turning, int headDim) {
        double share = (double) turning / headDim;
        return (int) (headDim * share) == turning ? share : Math.nextUp(share);
    }

    /// Empty if the file scales nothing.
    private static Map<String, Object> scaling(GgufModel model) {
        if (model.file().names().contains(GgufLayout.LONG_FACTORS)) return byLength(model);
        if (isYarn(model)) return yarn(model);
        double factor = linear(model);
        if (!model.hasRopeFactors()) return linear(factor);
        double[] factors = factors(model, FACTORS);
        for (int i = 0; i < factors.length; i++) factors[i] *= factor;
        if (Arrays.stream(factors).allMatch(f -> f == factors[0])) return linear(factors[0]);
        double most = Arrays.stream(factors).max().orElse(1);
        Map<String, Object> llama3 = llama3(most);
        return areThose(llama3, factors, model.theta()) ? llama3 : longrope(factors, factors, model.positions(), 1);
    }

    /// Factors for short texts and for long ones.
    private static Map<String, Object> byLength(GgufModel model) {
        String type = model.key("rope.scaling.type");
        if (model.has(type) && !"longrope".equals(model.value(type))) {
            throw model.fault("%s is %s, expected longrope beside tensor %s"
                    .formatted(type, Shown.of(model.value(type)), GgufLayout.LONG_FACTORS));
        }
        String attention = model.key("rope.scaling.attn_factor");
        return longrope(
                factors(model, GgufLayout.SHORT_FACTORS),
                factors(model, GgufLayout.LONG_FACTORS),
                original(model),
                model.has(attention) ? model.real(attention) : 1);
    }

    private static boolean isYarn(GgufModel model) {
        String type = model.key("rope.scaling.type");
        return model.has(type) && "yarn".equals(model.value(type)) && factor(model, FACTOR) != 1;
    }

    /// Factors of cosines and sines, m(s) = 0.1 s ln(factor) + 1 by themselves:
    ///
    /// ```
    /// a · m(1)          a: rope.scaling.attn_factor, or 1
    /// m(1) / m(l)       l: rope.scaling.yarn_log_multiplier
    /// ```
    private static Map<String, Object> yarn(GgufModel model) {
        double factor = factor(model, FACTOR);
        Map<String, Object> yarn = new LinkedHashMap<>();
        yarn.put("rope_type", "yarn");
        yarn.put("factor", factor);
        if (!model.architecture().yarn().isRounded()) yarn.put("truncate", false);
        yarn.put("original_max_position_embeddings", original(model));
        number(model, "rope.scaling.yarn_beta_fast", yarn, "beta_fast");
        number(model, "rope.scaling.yarn_beta_slow", yarn, "beta_slow");
        number(model, "rope.scaling.yarn_log_multiplier", yarn, "mscale_all_dim");
        if (yarn.get("mscale_all_dim") instanceof Double all) {
            boolean isTenth = model.architecture().yarn().isOfScores();
            if (isTenth) yarn.put("mscale_all_dim", Double.parseDouble(Float.toString((float) (10 * all))));
            yarn.put("mscale", isTenth ? Objects.requireNonNull(yarn.get("mscale_all_dim")) : 1.0);
        }
        String attention = model.key("rope.scaling.attn_factor");
        if (model.has(attention)) {
            yarn.put("attention_factor", model.real(attention) * (0.1 * Math.log(factor) + 1));
        }
        return yarn;
    }

    private static void number(GgufModel model, String gguf, Map<String, Object> to, String hf) {
        String key = model.key(gguf);
        if (model.has(key) && !model.isZero(key)) to.put(hf, model.real(key));
    }

    private static Map<String, Object> linear(double factor) {
        return factor == 1 ? Map.of() : Map.of("rope_type", "linear", "factor", factor);
    }

    /// The one factor of all frequencies, 1 for none.
    private static double linear(GgufModel model) {
        String key = model.key("rope.scaling.type");
        Object type = model.has(key) ? model.value(key) : "linear";
        double factor = factor(model, FACTOR);
        if ("none".equals(type)) return 1;
        // yarn blends ω with ω / factor, so that at a factor of 1 nothing changes
        if ("linear".equals(type) || ("yarn".equals(type) && factor == 1)) return factor;
        throw model.fault("%s is %s, expected none, linear or yarn".formatted(key, Shown.of(type)));
    }

    private static double factor(GgufModel model, List<String> names) {
        double factor = 1;
        for (String name : names.reversed()) {
            if (model.has(model.key(name)) && !model.isZero(model.key(name))) factor = model.real(model.key(name));
        }
        return factor;
    }

    private static double[] factors(GgufModel model, String name) {
        int pairs = model.turning() / 2;
        if (!model.file().names().contains(name)) throw model.fault("no tensor " + name);
        Tensor t = model.file().tensor(name);
        if (t.dtype() != DType.F32 || t.size() != pairs) {
            throw model.fault(
                    "tensor %s is %s, expected F32[%d], one factor for each pair of a head".formatted(name, t, pairs));
        }
        double[] factors = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            factors[i] = Double.parseDouble(Float.toString(t.data().get(F32, 4L * i))); // 1.05, not 1.0499999523
            if (!(factors[i] > 0) || Double.isInfinite(factors[i])) {
                throw model.fault("tensor %s: value %d is %s, expected a number > 0".formatted(name, i, factors[i]));
            }
        }
        return factors;
    }

    private static Map<String, Object> llama3(double factor) {
        Map<String, Object> scaling = new LinkedHashMap<>();
        scaling.put("rope_type", "llama3");
        scaling.put("factor", factor);
        scaling.put("low_freq_factor", LOW);
        scaling.put("high_freq_factor", HIGH);
        scaling.put("original_max_position_embeddings", (int) LENGTH);
        return scaling;
    }

    private static Map<String, Object> longrope(double[] ofShort, double[] ofLong, int positions, double attention) {
        Map<String, Object> scaling = new LinkedHashMap<>();
        scaling.put("rope_type", "longrope");
        scaling.put("short_factor", list(ofShort));
        scaling.put("long_factor", list(ofLong));
        scaling.put("factor", 1.0);
        scaling.put("attention_factor", attention);
        scaling.put("original_max_position_embeddings", positions);
        return scaling;
    }

    private static List<Object> list(double[] factors) {
        return DoubleStream.of(factors).boxed().collect(Collectors.toList());
    }

    /// Fails unless a scaling of a `config.json` gives the factors of the file; one of another type than llama3 is
    /// believed.
    static void requireSame(GgufModel model, Map<String, Object> scaling) {
        boolean told =
                List.of("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings").stream()
                        .allMatch(k -> scaling.get(k) instanceof Number);
        if (!"llama3".equals(scaling.get("rope_type")) || !told) return;
        if (areThose(scaling, factors(model, FACTORS), model.theta())) return;
        throw model.fault(
                "tensor %s: its factors are not those of rope_scaling in the config.json beside it".formatted(FACTORS));
    }

    /// Whether factors are those of llama3's formula: see `RopeFrequencies` of the layers.
    private static boolean areThose(Map<String, Object> llama3, double[] factors, double theta) {
        double factor = number(llama3, "factor");
        double lo = number(llama3, "low_freq_factor");
        double hi = number(llama3, "high_freq_factor");
        double length = number(llama3, "original_max_position_embeddings");
        for (int i = 0; i < factors.length; i++) {
            double turns = length * Math.pow(theta, -(double) i / factors.length) / (2 * Math.PI);
            double t = Math.clamp((turns - lo) / (hi - lo), 0, 1);
            double expected = 1 / ((1 - t) / factor + t);
            if (!(Math.abs(factors[i] - expected) <= ROUNDING * expected)) return false;
        }
        return true;
    }

    private static double number(Map<String, Object> of, String key) {
        return of.get(key) instanceof Number n ? n.doubleValue() : Double.NaN;
    }
}
