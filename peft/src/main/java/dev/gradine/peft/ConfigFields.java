package dev.gradine.peft;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Values of an `adapter_config.json`, read as the types that options have, with messages.
///
/// @param json as `Json.readObject` gives it
/// @param where names the file in messages
public record ConfigFields(Map<String, Object> json, String where) {

    private static final int LONGEST = 160; // characters of a value in a message

    AdapterException wrong(String key, String expected) {
        Object got = json.get(key);
        String shown = shown(got instanceof String s ? '"' + s + '"' : String.valueOf(got));
        return new AdapterException(
                (where.isEmpty() ? "" : where + ": ") + "%s is %s, expected %s".formatted(key, shown, expected));
    }

    /// The beginning of a value that is too long for a message.
    private static String shown(String value) {
        return value.length() > LONGEST ? value.substring(0, LONGEST) + " ..." : value;
    }

    /// `raw` as a value of `type`; `key` names it in messages.
    Object typed(Type type, String key, Object raw) {
        if (type instanceof ParameterizedType p) {
            if (p.getRawType() == List.class) {
                return p.getActualTypeArguments()[0] == Integer.class ? layers(key) : strings(key, raw);
            }
            return patterns(key, raw, p.getActualTypeArguments()[1] == Integer.class);
        }
        if (type == int.class) return whole(key, raw);
        if (type == double.class) return real(key, raw);
        if (type == float.class) return (float) real(key, raw);
        if (type == boolean.class) return flag(key, raw);
        if (type == Targets.class && raw instanceof List<?> l && l.isEmpty()) return new Targets.None();
        if (type == Targets.class) return raw instanceof Targets t ? t : targets(key, raw);
        if (type instanceof Class<?> c && c.isEnum()) return constant(c, key, raw);
        if (type == LoraInit.class) return init(key, raw);
        if (type == TargetParameters.class) return TargetParameters.read(this, raw);
        if (type == LayerReplication.class) return LayerReplication.read(this, raw);
        if (type == String.class && raw instanceof String s) return s;
        throw wrong(key, "a text");
    }

    private LoraInit init(String key, Object raw) {
        try {
            return LoraInit.parse(String.valueOf(raw));
        } catch (AdapterException e) {
            throw wrong(key, LoraInit.NAMES);
        }
    }

    /// A value of an option in the form that JSON has: numbers that are whole without a fraction, where one may be.
    static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Double d -> number(d);
            case Float f -> Double.parseDouble(f.toString());
            case PeftValue p -> p.peft();
            case Enum<?> e -> e.name();
            case Targets t -> t.stored();
            case String s when s.isEmpty() -> null;
            case Map<?, ?> m -> {
                Map<String, Object> all = new LinkedHashMap<>();
                m.forEach((k, v) -> all.put(String.valueOf(k), v instanceof Double d ? number(d) : v));
                yield all;
            }
            default -> value;
        };
    }

    private static Object number(double d) {
        return d == Math.rint(d) ? (Object) (int) d : (Object) d;
    }

    private int whole(String key, Object raw) {
        double v = real(key, raw);
        if (v != (int) v) throw wrong(key, "a whole number");
        return (int) v;
    }

    private boolean flag(String key, Object raw) {
        if (raw instanceof Boolean b) return b;
        throw wrong(key, "true or false");
    }

    private double real(String key, Object raw) {
        if (raw instanceof Number n) return n.doubleValue();
        throw wrong(key, "a number");
    }

    private Object constant(Class<?> type, String key, Object raw) {
        Object[] all = type.getEnumConstants();
        for (Object c : all) if (isStoredAs(c, raw)) return c;
        throw wrong(key, "one of " + Arrays.stream(all).map(ConfigFields::plain).toList());
    }

    private static boolean isStoredAs(Object constant, Object raw) {
        if (constant instanceof PeftValue p) return Objects.equals(p.peft(), raw);
        String name = String.valueOf(raw).toUpperCase(Locale.ROOT).replace('-', '_');
        return ((Enum<?>) constant).name().equals(name);
    }

    /// Names of modules, or one regular expression.
    Targets targets(String key, @Nullable Object raw) {
        if (raw instanceof String s) {
            return s.equalsIgnoreCase("all-linear") ? Targets.parse("all-linear") : Targets.regex(s);
        }
        List<String> names = strings(key, raw);
        if (names.isEmpty()) throw wrong(key, "a list of module names or a regular expression");
        return new Targets.Suffixes(names);
    }

    /// The same; nothing means what is usual for the model's family.
    Targets targetsOrUsual(String key) {
        Object raw = json.get(key);
        return raw == null ? new Targets.OfFamily() : targets(key, raw);
    }

    /// Which biases of the base are trained; nothing is none.
    String bias(String key) {
        Object raw = json.get(key);
        if (PeftFields.switchesNothingOn(raw)) return Selection.NO_BIAS;
        if (raw instanceof String s && Selection.isBias(s)) return s;
        throw wrong(key, Selection.BIASES);
    }

    /// Layers that are left out; nothing is none.
    Targets exclusion(String key) {
        Object raw = json.get(key);
        if (raw == null || raw.equals("")) return new Targets.None();
        if (raw instanceof String s) return new Targets.Regex(s, PythonRegex.of(where + ": " + key, s));
        List<String> names = strings(key, raw);
        return names.isEmpty() ? new Targets.None() : new Targets.Suffixes(names);
    }

    /// A list of texts; nothing is none, and one may stand alone.
    List<String> strings(String key, @Nullable Object raw) {
        if (raw == null) return List.of();
        if (raw instanceof String s) return List.of(s);
        List<String> all = new ArrayList<>();
        if (!(raw instanceof List<?> list)) throw wrong(key, "a list of strings");
        for (Object o : list) {
            if (!(o instanceof String s)) throw wrong(key, "a list of strings");
            all.add(s);
        }
        return all;
    }

    /// Numbers of blocks; one may stand alone.
    List<Integer> layers(String key) {
        Object v = json.get(key);
        if (v == null) return List.of();
        List<?> list = v instanceof List<?> l ? l : List.of(v);
        List<Integer> all = new ArrayList<>();
        for (Object o : list) {
            if (!(o instanceof Integer i)) throw wrong(key, "a list of layer numbers");
            all.add(i);
        }
        return all;
    }

    /// Lists of true and false by name; nothing is none.
    SequencedMap<String, List<Boolean>> flags(String key) {
        SequencedMap<String, List<Boolean>> all = new LinkedHashMap<>();
        Object raw = json.get(key);
        if (PeftFields.switchesNothingOn(raw)) return all;
        if (!(raw instanceof Map<?, ?> map)) throw wrong(key, "an object of lists");
        map.forEach((name, list) -> {
            List<Boolean> flags = new ArrayList<>();
            if (!(list instanceof List<?> l)) throw wrong(key, "an object of lists");
            for (Object o : l) {
                if (!(o instanceof Boolean b)) throw wrong(key, "lists of true and false");
                flags.add(b);
            }
            all.put(String.valueOf(name), flags);
        });
        return all;
    }

    private SequencedMap<String, Object> patterns(String key, Object raw, boolean whole) {
        SequencedMap<String, Object> all = new LinkedHashMap<>();
        if (PeftFields.switchesNothingOn(raw)) return all;
        if (!(raw instanceof Map<?, ?> map)) throw wrong(key, "an object of numbers");
        map.forEach((k, o) -> {
            if (!(o instanceof Number n)) throw wrong(key, "an object of numbers");
            all.put(String.valueOf(k), whole ? (Object) whole(key, n) : (Object) n.doubleValue());
        });
        return all;
    }
}
