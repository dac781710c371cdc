package dev.gradine.peft;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// `adapter_config.json`, as PEFT writes and reads it.
///
/// All fields of PEFT's `LoraConfig` are written, those this project does not implement at their defaults; read, they
/// must be at their defaults, since an adapter trained with them would compute something else here.
final class AdapterConfig {

    /// The release of PEFT whose fields are written.
    static final String PEFT_VERSION = "0.21.2";

    /// Fields without a counterpart here, with the defaults they must have.
    private static final Map<String, Object> UNUSED = unused();

    /// Ways to start that leave the base as it is; after the others, the file fits no checkpoint.
    private static final Set<String> KEEPS_BASE = Set.of("null", "true", "false", "gaussian", "orthogonal", "eva");

    private static final Set<String> ABOUT = Set.of( // describe the file, change nothing that is computed
            "auto_mapping",
            "base_model_name_or_path",
            "inference_mode",
            "megatron_config",
            "megatron_core",
            "peft_version",
            "revision",
            "runtime_config",
            "task_type",
            "init_lora_weights",
            "loftq_config",
            "corda_config",
            "eva_config",
            "lora_ga_config",
            "ensure_weight_tying",
            "qalora_group_size");

    private AdapterConfig() {}

    private static Map<String, Object> unused() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("bias", "none");
        m.put("fan_in_fan_out", false);
        m.put("lora_bias", false);
        m.put("use_dora", false);
        m.put("use_qalora", false);
        m.put("layer_replication", null);
        m.put("trainable_token_indices", null);
        m.put("target_parameters", null);
        m.put("alora_invocation_tokens", null);
        m.put("arrow_config", null);
        m.put("kasa_config", null);
        m.put("monteclora_config", null);
        m.put("use_bdlora", null);
        m.put("velora_config", null);
        return m;
    }

    /// The fields in memory order; the file sorts them.
    ///
    /// @param targets names of the adapted layers, or one regular expression
    static Map<String, Object> write(LoraConfig c, Object targets, String baseModel) {
        Map<String, Object> m = new LinkedHashMap<>(UNUSED);
        m.put("peft_type", "LORA");
        m.put("peft_version", PEFT_VERSION);
        m.put("task_type", "CAUSAL_LM");
        m.put("auto_mapping", null);
        m.put("base_model_name_or_path", baseModel.isEmpty() ? null : baseModel);
        m.put("revision", null);
        m.put("inference_mode", true);
        m.put("r", c.rank());
        m.put("lora_alpha", c.alpha() == Math.rint(c.alpha()) ? (Object) (int) c.alpha() : (Object) c.alpha());
        m.put("lora_dropout", Double.parseDouble(Float.toString(c.dropout())));
        m.put("use_rslora", c.rsLora());
        m.put("target_modules", targets);
        m.put("exclude_modules", orNull(c.exclude()));
        m.put("rank_pattern", c.rankPattern());
        m.put("alpha_pattern", whole(c.alphaPattern()));
        m.put("layers_to_transform", orNull(c.layers()));
        m.put(
                "layers_pattern",
                c.layersPattern().size() == 1 ? c.layersPattern().getFirst() : orNull(c.layersPattern()));
        m.put("modules_to_save", orNull(c.modulesToSave()));
        m.put("init_lora_weights", true);
        m.put("loftq_config", Map.of());
        m.put("corda_config", null);
        m.put("eva_config", null);
        m.put("lora_ga_config", null);
        m.put("megatron_config", null);
        m.put("megatron_core", "megatron.core");
        m.put("ensure_weight_tying", false);
        m.put("qalora_group_size", 16);
        return m;
    }

    private static @Nullable Object orNull(List<?> list) {
        return list.isEmpty() ? null : list;
    }

    private static Map<String, Object> whole(Map<String, Double> patterns) {
        Map<String, Object> m = new LinkedHashMap<>();
        patterns.forEach((k, v) -> m.put(k, v == Math.rint(v) ? (Object) (int) (double) v : v));
        return m;
    }

    /// @param where names the file in messages
    /// @throws AdapterException names the field that is missing or cannot be used
    static LoraConfig read(Map<String, Object> json, String where) {
        Fields f = new Fields(json, where);
        if (!"LORA".equals(json.get("peft_type"))) throw f.wrong("peft_type", "\"LORA\"");
        for (var e : json.entrySet()) {
            if (UNUSED.containsKey(e.getKey()) && !Objects.equals(e.getValue(), UNUSED.get(e.getKey()))) {
                throw f.wrong(e.getKey(), UNUSED.get(e.getKey()) + ", the only one supported");
            }
        }
        if (!KEEPS_BASE.contains(String.valueOf(json.get("init_lora_weights")))) {
            throw f.wrong("init_lora_weights", "true (others start from a base that is not the checkpoint's)");
        }
        for (String key : json.keySet()) {
            if (!UNUSED.containsKey(key) && !ABOUT.contains(key) && !USED.contains(key)) {
                throw new AdapterException(where + ": unknown field " + key);
            }
        }
        return new LoraConfig(
                f.whole("r", 8),
                f.real("lora_alpha", 8),
                (float) f.real("lora_dropout", 0),
                f.flag("use_rslora"),
                targets(f),
                f.strings("exclude_modules"),
                f.patterns("rank_pattern", n -> f.whole("rank_pattern", n)),
                f.patterns("alpha_pattern", Number::doubleValue),
                f.layers(),
                f.strings("layers_pattern"),
                f.strings("modules_to_save"));
    }

    private static final Set<String> USED = Set.of(
            "peft_type",
            "r",
            "lora_alpha",
            "lora_dropout",
            "use_rslora",
            "target_modules",
            "exclude_modules",
            "rank_pattern",
            "alpha_pattern",
            "layers_to_transform",
            "layers_pattern",
            "modules_to_save");

    private static Targets targets(Fields f) {
        Object t = f.json().get("target_modules");
        if (t instanceof String s) return s.equals("all-linear") ? Targets.parse(s) : Targets.regex(s);
        List<String> names = f.strings("target_modules");
        if (names.isEmpty()) throw f.wrong("target_modules", "a list of module names or a regular expression");
        return new Targets.Suffixes(names);
    }

    /// Typed reading of the fields, with messages.
    private record Fields(Map<String, Object> json, String where) {

        AdapterException wrong(String key, String expected) {
            Object got = json.get(key);
            String shown = got instanceof String s ? '"' + s + '"' : String.valueOf(got);
            return new AdapterException("%s: %s is %s, expected %s".formatted(where, key, shown, expected));
        }

        int whole(String key, int otherwise) {
            return whole(key, real(key, otherwise));
        }

        int whole(String key, Number n) {
            int v = n.intValue();
            if (v != n.doubleValue()) throw wrong(key, "a whole number");
            return v;
        }

        boolean flag(String key) {
            Object v = json.get(key);
            if (v == null) return false;
            if (v instanceof Boolean b) return b;
            throw wrong(key, "true or false");
        }

        double real(String key, double otherwise) {
            Object v = json.get(key);
            if (v == null) return otherwise;
            if (v instanceof Number n) return n.doubleValue();
            throw wrong(key, "a number");
        }

        List<String> strings(String key) {
            Object v = json.get(key);
            if (v == null) return List.of();
            if (v instanceof String s) return List.of(s);
            List<String> all = new ArrayList<>();
            if (!(v instanceof List<?> list)) throw wrong(key, "a list of strings");
            for (Object o : list) {
                if (!(o instanceof String s)) throw wrong(key, "a list of strings");
                all.add(s);
            }
            return all;
        }

        List<Integer> layers() {
            Object v = json.get("layers_to_transform");
            if (v == null) return List.of();
            List<?> list = v instanceof List<?> l ? l : List.of(v);
            List<Integer> all = new ArrayList<>();
            for (Object o : list) {
                if (!(o instanceof Integer i)) throw wrong("layers_to_transform", "a list of layer numbers");
                all.add(i);
            }
            return all;
        }

        <T> SequencedMap<String, T> patterns(String key, Function<Number, T> as) {
            SequencedMap<String, T> all = new LinkedHashMap<>();
            Object v = json.get(key);
            if (v == null) return all;
            if (!(v instanceof Map<?, ?> map)) throw wrong(key, "an object of numbers");
            map.forEach((k, o) -> {
                if (!(o instanceof Number n)) throw wrong(key, "an object of numbers");
                all.put(String.valueOf(k), as.apply(n));
            });
            return all;
        }
    }
}
