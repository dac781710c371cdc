package dev.gradine.nn;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Typed reading of a model's `config.json`: each value is checked where it is read.
///
/// A key whose value is null counts as missing, as in transformers.
public final class ModelConfig {

    private final Map<String, ?> values;

    /// @param values keys and values as JSON gives them
    public ModelConfig(Map<String, ?> values) {
        this.values = values;
    }

    /// Whether the key has a value.
    public boolean has(String key) {
        return values.get(key) != null;
    }

    /// A whole number of at least 1.
    ///
    /// @throws ConfigException if it is missing or another value
    public int positive(String key) {
        return whole(key, 1);
    }

    /// The same with a default.
    public int positive(String key, int otherwise) {
        return has(key) ? positive(key) : otherwise;
    }

    /// A whole number of at least `least`.
    ///
    /// @throws ConfigException if it is missing or another value
    public int whole(String key, int least) {
        Object v = values.get(key);
        if (v instanceof Number n && n.doubleValue() == n.intValue() && n.intValue() >= least) return n.intValue();
        throw wrong(key, v, "a whole number of at least " + least);
    }

    /// A finite number above 0.
    ///
    /// @throws ConfigException if it is missing or another value
    public double real(String key) {
        Object v = values.get(key);
        if (v instanceof Number n && Double.isFinite(n.doubleValue()) && n.doubleValue() > 0) return n.doubleValue();
        throw wrong(key, v, "a number above 0");
    }

    /// The same with a default.
    public double real(String key, double otherwise) {
        return has(key) ? real(key) : otherwise;
    }

    /// True or false.
    public boolean flag(String key, boolean otherwise) {
        Object v = values.get(key);
        if (v == null) return otherwise;
        if (v instanceof Boolean b) return b;
        throw wrong(key, v, "true or false");
    }

    /// A text.
    public String text(String key, String otherwise) {
        Object v = values.get(key);
        if (v == null) return otherwise;
        if (v instanceof String s) return s;
        throw wrong(key, v, "a string");
    }

    /// A list of texts; empty if there is none.
    public List<String> texts(String key) {
        Object v = values.get(key);
        if (v == null) return List.of();
        if (v instanceof List<?> l && l.stream().allMatch(String.class::isInstance)) {
            return l.stream().map(String.class::cast).toList();
        }
        throw wrong(key, v, "a list of strings");
    }

    /// An object within the configuration; empty if there is none.
    public ModelConfig object(String key) {
        Object v = values.get(key);
        if (v == null) return new ModelConfig(Map.of());
        if (v instanceof Map<?, ?> m) {
            HashMap<String, Object> copy = new HashMap<>();
            m.forEach((k, value) -> {
                if (value != null) copy.put(String.valueOf(k), value);
            });
            return new ModelConfig(copy);
        }
        throw wrong(key, v, "an object");
    }

    /// Fails unless the key has one of the given values, or none and `otherwise` is one of them.
    ///
    /// @throws ConfigException names the values expected
    public String oneOf(String key, String otherwise, String... allowed) {
        String v = text(key, otherwise);
        if (List.of(allowed).contains(v)) return v;
        throw wrong(key, v, "\"" + String.join("\" or \"", allowed) + "\"");
    }

    /// Fails unless a switch that a family does not implement is off.
    ///
    /// @throws ConfigException if it is on
    public void requireOff(String key) {
        if (flag(key, false)) throw wrong(key, true, "false, the only value supported");
    }

    /// What is wrong with a value.
    public ConfigException wrong(String key, String expected) {
        return wrong(key, values.get(key), expected);
    }

    static ConfigException wrong(String key, @Nullable Object got, String expected) {
        String shown = got instanceof String s ? '"' + s + '"' : got == null ? "missing" : String.valueOf(got);
        return new ConfigException("config: %s is %s, expected %s".formatted(key, shown, expected));
    }
}
