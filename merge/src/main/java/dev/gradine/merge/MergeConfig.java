package dev.gradine.merge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// How models are merged, in the keys of mergekit's configuration.
///
/// ```
/// merge_method: ties                 models:                               parameters:
/// base_model: base                     - model: a                            normalize: true
/// dtype: bfloat16                        parameters: {weight: 1, density: 0.5}
/// ```
///
/// Instead of `models`, `slices` take layers from models: each has `sources` with a `model` and a `layer_range`.
///
/// @param rule `merge_method`
/// @param base `base_model`, if there is one
/// @param slices of the output, one behind the other
/// @param whole whether the one slice is all layers of every model
/// @param knobs `parameters` of the whole merge
/// @param output what is written
public record MergeConfig(
        MergeRule rule,
        Optional<String> base,
        List<Slice> slices,
        boolean whole,
        Map<String, Knob> knobs,
        Output output) {

    /// Layers that become consecutive layers of the output.
    ///
    /// @param knobs parameters of this slice
    public record Slice(List<Source> sources, Map<String, Knob> knobs) {}

    /// One model of a slice.
    ///
    /// @param from first layer
    /// @param to behind the last layer; -1 for all
    /// @param knobs parameters of this model
    public record Source(String model, int from, int to, Map<String, Knob> knobs) {}

    /// What is written.
    ///
    /// @param dtype of the tensors, such as `bfloat16`; empty for that of the base model
    /// @param tokenizer whose tokenizer is copied: `base`, `union` or a model
    /// @param template text of the chat template; empty for that of the tokenizer's model
    public record Output(String dtype, String tokenizer, String template) {}

    private static final Set<String> KEYS = Set.of(
            "merge_method",
            "base_model",
            "models",
            "slices",
            "parameters",
            "dtype",
            "out_dtype",
            "tokenizer_source",
            "tokenizer",
            "chat_template");

    /// Every model that it names, the base first.
    public Set<String> models() {
        Set<String> all = new LinkedHashSet<>();
        base.ifPresent(all::add);
        slices.forEach(s -> s.sources().forEach(source -> all.add(source.model())));
        return all;
    }

    /// Reads what stands in a YAML file.
    ///
    /// @throws MergeException names the key that is missing, unknown or unfit
    public static MergeConfig read(Map<?, ?> yaml) {
        requireKeys(yaml, KEYS, "merge");
        MergeRule rule = MergeRule.named(text(yaml, "merge_method").orElse(""));
        if (yaml.containsKey("models") == yaml.containsKey("slices")) {
            throw new MergeException("merge: expected one of models and slices");
        }
        Optional<String> base = text(yaml, "base_model");
        boolean whole = yaml.containsKey("models");
        List<Slice> slices = whole ? List.of(models(yaml, rule)) : slices(yaml, rule);
        Map<String, Knob> knobs = knobs(yaml, rule.parameters(), "merge");
        return new MergeConfig(rule, base, slices, whole, knobs, output(yaml));
    }

    private static Slice models(Map<?, ?> yaml, MergeRule rule) {
        List<Source> all = new ArrayList<>();
        for (Map<?, ?> m : maps(yaml, "models")) {
            requireKeys(m, Set.of("model", "parameters"), "models");
            String model = text(m, "model").orElseThrow(() -> new MergeException("models: an entry without model"));
            all.add(new Source(model, 0, -1, knobs(m, rule.perModel(), model)));
        }
        return new Slice(all, Map.of());
    }

    private static List<Slice> slices(Map<?, ?> yaml, MergeRule rule) {
        List<Slice> all = new ArrayList<>();
        for (Map<?, ?> slice : maps(yaml, "slices")) {
            requireKeys(slice, Set.of("sources", "parameters"), "slices");
            List<Source> sources = new ArrayList<>();
            for (Map<?, ?> m : maps(slice, "sources")) sources.add(source(m, rule));
            long lengths =
                    sources.stream().mapToInt(s -> s.to() - s.from()).distinct().count();
            if (lengths != 1) {
                throw new MergeException("slices: sources of %s layers, expected as many layers of each"
                        .formatted(sources.stream().map(s -> s.to() - s.from()).toList()));
            }
            all.add(new Slice(sources, knobs(slice, rule.parameters(), "slices")));
        }
        return all;
    }

    private static Source source(Map<?, ?> m, MergeRule rule) {
        requireKeys(m, Set.of("model", "layer_range", "parameters"), "sources");
        String model = text(m, "model").orElseThrow(() -> new MergeException("sources: an entry without model"));
        if (m.get("layer_range") instanceof List<?> r
                && r.size() == 2
                && r.get(0) instanceof Integer from
                && r.get(1) instanceof Integer to
                && 0 <= from
                && from < to) {
            return new Source(model, from, to, knobs(m, rule.perModel(), model));
        }
        throw new MergeException(
                "%s: layer_range is %s, expected two numbers such as [0, 8], the second behind the last"
                        .formatted(model, m.get("layer_range")));
    }

    private static Output output(Map<?, ?> yaml) {
        String dtype = text(yaml, "out_dtype").or(() -> text(yaml, "dtype")).orElse("");
        if (!dtype.isEmpty() && !Set.of("float32", "bfloat16", "float16").contains(dtype)) {
            throw new MergeException("dtype: %s, expected float32, bfloat16 or float16".formatted(dtype));
        }
        String tokenizer = text(yaml, "tokenizer_source").orElse("base");
        if (yaml.get("tokenizer") instanceof Map<?, ?> t) {
            requireKeys(t, Set.of("source"), "tokenizer");
            tokenizer = text(t, "source").orElse("base");
        }
        String template = text(yaml, "chat_template").orElse("");
        if (!template.isEmpty() && !template.contains("{")) {
            throw new MergeException("chat_template: \"%s\", expected the text of a template".formatted(template));
        }
        return new Output(dtype, tokenizer, template);
    }

    private static Map<String, Knob> knobs(Map<?, ?> in, Set<String> known, String where) {
        Map<String, Knob> all = new LinkedHashMap<>();
        Object given = in.get("parameters");
        if (given == null) return all;
        if (!(given instanceof Map<?, ?> map)) {
            throw new MergeException("%s: parameters is %s, expected names and values".formatted(where, given));
        }
        map.forEach((key, value) -> {
            String name = String.valueOf(key);
            if (!known.contains(name)) {
                throw new MergeException("%s: unknown parameter %s, expected one of %s"
                        .formatted(where, name, known.stream().sorted().toList()));
            }
            all.put(name, Knob.read(value, where + ": " + name));
        });
        return all;
    }

    private static List<Map<?, ?>> maps(Map<?, ?> in, String key) {
        List<Map<?, ?>> all = new ArrayList<>();
        if (!(in.get(key) instanceof List<?> list) || list.isEmpty()) {
            throw new MergeException("%s: %s, expected a list".formatted(key, in.get(key)));
        }
        for (Object o : list) {
            if (!(o instanceof Map<?, ?> m)) {
                throw new MergeException("%s: an entry is %s, expected keys and values".formatted(key, o));
            }
            all.add(m);
        }
        return all;
    }

    private static Optional<String> text(Map<?, ?> in, String key) {
        Object value = in.get(key);
        return value == null ? Optional.empty() : Optional.of(value.toString());
    }

    private static void requireKeys(Map<?, ?> in, Set<String> known, String where) {
        for (Object key : in.keySet()) {
            if (!known.contains(String.valueOf(key))) {
                throw new MergeException("%s: unknown key %s, expected one of %s"
                        .formatted(where, key, known.stream().sorted().toList()));
            }
        }
    }
}
