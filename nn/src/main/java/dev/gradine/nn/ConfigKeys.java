package dev.gradine.nn;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Typed reading of a `config.json`: each value is checked where it is read.
final class ConfigKeys {

    private final Map<String, ?> values;

    ConfigKeys(Map<String, ?> values) {
        this.values = values;
    }

    boolean has(String key) {
        return values.get(key) != null;
    }

    /// A whole number of at least 1.
    int positive(String key) {
        Object v = values.get(key);
        if (v instanceof Number n && n.doubleValue() == n.intValue() && n.intValue() >= 1) return n.intValue();
        throw wrong(key, v, "a whole number of at least 1");
    }

    int positive(String key, int otherwise) {
        return has(key) ? positive(key) : otherwise;
    }

    /// A finite number above 0.
    double real(String key) {
        Object v = values.get(key);
        if (v instanceof Number n && Double.isFinite(n.doubleValue()) && n.doubleValue() > 0) return n.doubleValue();
        throw wrong(key, v, "a number above 0");
    }

    double real(String key, double otherwise) {
        return has(key) ? real(key) : otherwise;
    }

    boolean flag(String key, boolean otherwise) {
        Object v = values.get(key);
        if (v == null) return otherwise;
        if (v instanceof Boolean b) return b;
        throw wrong(key, v, "true or false");
    }

    String text(String key, String otherwise) {
        Object v = values.get(key);
        if (v == null) return otherwise;
        if (v instanceof String s) return s;
        throw wrong(key, v, "a string");
    }

    /// An object within the configuration; empty if there is none.
    ConfigKeys object(String key) {
        Object v = values.get(key);
        if (v == null) return new ConfigKeys(Map.of());
        if (v instanceof Map<?, ?> m) {
            HashMap<String, Object> copy = new HashMap<>();
            m.forEach((k, value) -> {
                if (value != null) copy.put(String.valueOf(k), value);
            });
            return new ConfigKeys(copy);
        }
        throw wrong(key, v, "an object");
    }

    static ConfigException wrong(String key, @Nullable Object got, String expected) {
        String shown = got instanceof String s ? '"' + s + '"' : got == null ? "missing" : String.valueOf(got);
        return new ConfigException("config: %s is %s, expected %s".formatted(key, shown, expected));
    }
}
