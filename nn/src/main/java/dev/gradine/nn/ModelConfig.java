package dev.gradine.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Typed reading of a model's `config.json`: each value is checked where it is read, and each key that is read is
/// remembered. `requireRead` then finds those that nobody has read.
///
/// A key whose value is null counts as missing. A family in which null means something else asks `says`.
public final class ModelConfig {

    private static final int MOST_SHOWN = 80; // characters of a value in a message

    private final String path; // of this object within the configuration, with a dot behind it
    private final Map<String, ?> values;
    private final Map<String, String> names; // of keys in this file, by those they are asked for
    private final Set<String> read;
    private final Map<String, ModelConfig> objects;

    /// @param values keys and values as JSON gives them
    public ModelConfig(Map<String, ?> values) {
        this("", values);
    }

    private ModelConfig(String path, Map<String, ?> values) {
        this.path = path;
        this.values = values;
        names = Map.of();
        read = new HashSet<>();
        objects = new HashMap<>();
    }

    private ModelConfig(ModelConfig of, Map<String, String> names) {
        path = of.path;
        values = of.values;
        this.names = Map.copyOf(names);
        read = of.read;
        objects = of.objects;
    }

    /// The same configuration for who knows its keys by other names, such as `hidden_size` for `dim`. Messages say
    /// what stands in the file.
    ///
    /// @param names of keys in the file, by those they are asked for
    public ModelConfig calling(Map<String, String> names) {
        return new ModelConfig(this, names);
    }

    /// What the file calls a key.
    public String name(String key) {
        return names.getOrDefault(key, key);
    }

    private @Nullable Object value(String key) {
        read.add(name(key));
        return values.get(name(key));
    }

    /// Whether the key has a value.
    public boolean has(String key) {
        return value(key) != null;
    }

    /// Whether the key is there, be it with a value or with null.
    public boolean says(String key) {
        read.add(name(key));
        return values.containsKey(name(key));
    }

    /// Whether the key has this value.
    public boolean is(String key, Object expected) {
        return expected.equals(value(key));
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
        Object v = value(key);
        if (v instanceof Number n && n.doubleValue() == n.intValue() && n.intValue() >= least) return n.intValue();
        boolean large = v instanceof Number n && n.doubleValue() > Integer.MAX_VALUE;
        throw wrong(key, large ? "a whole number below 2^31" : "a whole number of at least " + least);
    }

    /// The same with a default.
    public int whole(String key, int least, int otherwise) {
        return has(key) ? whole(key, least) : otherwise;
    }

    /// A finite number above 0.
    ///
    /// @throws ConfigException if it is missing or another value
    public double real(String key) {
        Object v = value(key);
        if (v instanceof Number n && isPositive(n)) return n.doubleValue();
        throw wrong(key, "a number above 0");
    }

    /// The same with a default.
    public double real(String key, double otherwise) {
        return has(key) ? real(key) : otherwise;
    }

    /// A finite number of at least 0, with a default.
    ///
    /// @throws ConfigException if it is another value
    public double atLeastZero(String key, double otherwise) {
        Object v = value(key);
        if (v == null) return otherwise;
        if (v instanceof Number n && n.doubleValue() == 0) return 0;
        if (v instanceof Number n && isPositive(n)) return n.doubleValue();
        throw wrong(key, "a number of at least 0");
    }

    /// Finite numbers above 0.
    ///
    /// @throws ConfigException if there are not `count` of them
    public double[] reals(String key, int count) {
        Object v = value(key);
        if (v instanceof List<?> l
                && l.size() == count
                && l.stream().allMatch(x -> x instanceof Number n && isPositive(n))) {
            return l.stream().mapToDouble(x -> ((Number) x).doubleValue()).toArray();
        }
        throw wrong(key, "a list of %d numbers above 0".formatted(count));
    }

    /// A number of at least 0, and a larger one: infinity also as `{"__float__": "Infinity"}`.
    ///
    /// @throws ConfigException if there are not two such numbers
    public double[] range(String key, double low, double high) {
        Object v = value(key);
        if (v == null) return new double[] {low, high};
        if (v instanceof List<?> l && l.size() == 2) {
            double[] ends = l.stream().mapToDouble(ModelConfig::end).toArray();
            if (ends[0] >= 0 && ends[1] > ends[0]) return ends;
        }
        throw wrong(key, "two numbers, the first at least 0 and below the second");
    }

    private static double end(@Nullable Object v) {
        if (v instanceof Number n) return n.doubleValue();
        boolean isInfinite = v instanceof Map<?, ?> m && "Infinity".equals(m.get("__float__"));
        return isInfinite ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    private static boolean isPositive(Number n) {
        return Double.isFinite(n.doubleValue()) && n.doubleValue() > 0;
    }

    /// True or false.
    public boolean flag(String key, boolean otherwise) {
        Object v = value(key);
        if (v == null) return otherwise;
        if (v instanceof Boolean b) return b;
        throw wrong(key, "true or false");
    }

    /// A text.
    public String text(String key, String otherwise) {
        Object v = value(key);
        if (v == null) return otherwise;
        if (v instanceof String s) return s;
        throw wrong(key, "a string");
    }

    /// A list of texts; empty if there is none.
    public List<String> texts(String key) {
        Object v = value(key);
        if (v == null) return List.of();
        if (v instanceof List<?> l && l.stream().allMatch(String.class::isInstance)) {
            return l.stream().map(String.class::cast).toList();
        }
        throw wrong(key, "a list of strings");
    }

    /// A list of whole numbers; empty if there is none.
    public List<Integer> wholes(String key) {
        Object v = value(key);
        if (v == null) return List.of();
        if (v instanceof List<?> l && l.stream().allMatch(Integer.class::isInstance)) {
            return l.stream().map(Integer.class::cast).toList();
        }
        throw wrong(key, "a list of whole numbers");
    }

    /// An object within the configuration; empty if there is none.
    public ModelConfig object(String key) {
        Object v = value(key);
        if (v == null) return objects.computeIfAbsent(key, k -> new ModelConfig(path + k + ".", Map.of()));
        if (v instanceof Map<?, ?> m) {
            return objects.computeIfAbsent(key, k -> {
                Map<String, Object> copy = new HashMap<>();
                m.forEach((name, value) -> copy.put(String.valueOf(name), value));
                return new ModelConfig(path + k + ".", copy);
            });
        }
        throw wrong(key, "an object");
    }

    /// Number of keys.
    public int size() {
        return values.size();
    }

    /// Whether there is no key with a value.
    public boolean isEmpty() {
        return values.values().stream().allMatch(v -> v == null);
    }

    /// Fails unless the key has one of the given values, or none and `otherwise` is one of them.
    ///
    /// @throws ConfigException names the values expected
    public String oneOf(String key, String otherwise, String... allowed) {
        String v = text(key, otherwise);
        if (List.of(allowed).contains(v)) return v;
        throw wrong(key, "\"" + String.join("\" or \"", allowed) + "\"");
    }

    /// Fails unless a switch that a family does not implement is off.
    ///
    /// @throws ConfigException if it is on
    public void requireOff(String key) {
        if (flag(key, false)) throw wrong(key, "false, the only value supported");
    }

    /// Fails unless a factor that a family does not apply is 1 or missing.
    ///
    /// @throws ConfigException if it is another
    public void requireOne(String key) {
        if (has(key) && real(key) != 1) throw wrong(key, "1, the only value supported");
    }

    /// Counts keys as read whose values make no difference beside the others.
    public void ignore(String... keys) {
        for (String key : keys) read.add(name(key));
    }

    /// Counts all keys of this object as read.
    public void ignoreRest() {
        read.addAll(values.keySet());
    }

    /// Fails on a key that nothing has read, if its value switches something on: neither null nor false nor 0 nor
    /// empty. What such a key means is unknown, so the model may compute something else than its file says.
    ///
    /// @param withoutEffect whether a key is known to change nothing that is computed here
    /// @throws ConfigException names the key and its value
    public void requireRead(Predicate<String> withoutEffect) {
        for (String key : unread(withoutEffect)) {
            throw wrong(
                    key,
                    "no such key: what it means is not known here, and the model may differ by it;"
                            + " take it out if it has no effect");
        }
        List<ModelConfig> opened = new ArrayList<>(objects.values());
        for (ModelConfig o : opened) o.requireRead(_ -> false);
    }

    /// Keys that nothing has read and whose values switch something on.
    ///
    /// @param withoutEffect whether a key is known to change nothing that is computed here
    public List<String> unread(Predicate<String> withoutEffect) {
        List<String> unread = new ArrayList<>();
        values.forEach((key, value) -> {
            if (!read.contains(key) && !isOff(value) && !withoutEffect.test(key)) unread.add(key);
        });
        return unread;
    }

    private static boolean isOff(@Nullable Object value) {
        return switch (value) {
            case null -> true;
            case Boolean b -> !b;
            case Number n -> n.doubleValue() == 0;
            case String s -> s.isEmpty();
            case List<?> l -> l.isEmpty();
            case Map<?, ?> m -> m.isEmpty();
            default -> false;
        };
    }

    /// What is wrong with a value.
    public ConfigException wrong(String key, String expected) {
        Object got = value(key);
        String shown = got instanceof String s ? '"' + s + '"' : got == null ? "missing" : String.valueOf(got);
        if (shown.length() > MOST_SHOWN) shown = shown.substring(0, MOST_SHOWN) + " ...";
        return new ConfigException("config: %s%s is %s, expected %s".formatted(path, name(key), shown, expected));
    }
}
