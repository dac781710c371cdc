package dev.gradine.settings;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Values as users write them, and as records hold them: numbers, words, flags, paths, lists, maps from words, enums by
/// their name, and any type with a static `parse(String)` whose `toString` gives the text back.
final class Conversion {

    private Conversion() {}

    /// `given` as a value of `type`.
    ///
    /// @throws IllegalArgumentException names the setting, the value and what was expected
    static @Nullable Object to(Type type, String name, @Nullable Object given) {
        if (type instanceof ParameterizedType p) return collection(p, name, given);
        Class<?> c = boxed((Class<?>) type);
        if (given == null && ((Class<?>) type).isPrimitive()) throw refused(name, "nothing", word(c));
        if (given == null || c.isInstance(given)) return given;
        if (c == Integer.class || c == Long.class) return whole(c, name, given);
        if (c == Double.class || c == Float.class) return real(c, name, given);
        if (c == Boolean.class) return flag(name, given);
        String text = given.toString();
        if (c == String.class) return text;
        if (c == Path.class) return Path.of(text);
        return parsed(c, name, text);
    }

    private static Class<?> boxed(Class<?> c) {
        if (c == int.class) return Integer.class;
        if (c == long.class) return Long.class;
        if (c == double.class) return Double.class;
        if (c == float.class) return Float.class;
        return c == boolean.class ? Boolean.class : c;
    }

    private static String word(Class<?> c) {
        if (c == Integer.class || c == Long.class) return "a whole number";
        if (c == Double.class || c == Float.class) return "a number";
        return c == Boolean.class ? "true or false" : "a value";
    }

    private static IllegalArgumentException refused(String name, Object given, String expected) {
        return new IllegalArgumentException("%s: %s, expected %s".formatted(name, given, expected));
    }

    private static Number whole(Class<?> c, String name, Object given) {
        try {
            long value = Long.parseLong(given.toString().strip());
            if (c == Long.class) return value;
            return Math.toIntExact(value);
        } catch (NumberFormatException | ArithmeticException e) {
            throw refused(name, given, word(c));
        }
    }

    private static Number real(Class<?> c, String name, Object given) {
        try {
            String text = given.toString().strip();
            if (c == Double.class) return Double.valueOf(text);
            return Float.valueOf(text);
        } catch (NumberFormatException e) {
            throw refused(name, given, word(c));
        }
    }

    private static Boolean flag(String name, Object given) {
        return switch (given.toString()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw refused(name, given, word(Boolean.class));
        };
    }

    /// The name of a constant in lower case, or the text it has of its own.
    private static String word(Enum<?> constant) {
        String text = constant.toString();
        return text.equals(constant.name()) ? text.toLowerCase(Locale.ROOT) : text;
    }

    private static Object parsed(Class<?> c, String name, String text) {
        for (Object constant : c.isEnum() ? c.getEnumConstants() : new Object[0]) {
            if (word((Enum<?>) constant).equals(text)) return constant;
        }
        if (c.isEnum()) {
            List<String> all = Arrays.stream(c.getEnumConstants())
                    .map(constant -> word((Enum<?>) constant))
                    .toList();
            throw refused(name, "\"" + text + "\"", "one of " + all);
        }
        try {
            Method parse = c.getDeclaredMethod("parse", String.class);
            parse.setAccessible(true);
            return parse.invoke(null, text);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException told) throw told;
            throw new IllegalStateException("settings: %s of \"%s\"".formatted(name, text), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("settings: %s has no static parse(String)".formatted(c.getName()), e);
        }
    }

    private static Object collection(ParameterizedType type, String name, @Nullable Object given) {
        Type[] elements = type.getActualTypeArguments();
        if (Collection.class.isAssignableFrom((Class<?>) type.getRawType())) {
            List<@Nullable Object> list = new ArrayList<>();
            for (Object item : items(given)) list.add(to(elements[0], name, item));
            return List.copyOf(list);
        }
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        if (given instanceof Map<?, ?> m) m.forEach((k, v) -> map.put(String.valueOf(k), to(elements[1], name, v)));
        else for (Object item : items(given)) entry(map, name, elements[1], item.toString());
        return map;
    }

    private static void entry(Map<String, @Nullable Object> map, String name, Type value, String item) {
        int at = item.lastIndexOf('='); // keys may be regular expressions
        if (at < 0) throw refused(name, item, "KEY=VALUE");
        map.put(item.substring(0, at), to(value, name, item.substring(at + 1)));
    }

    /// A list, or a text with commas, as its items.
    private static Collection<?> items(@Nullable Object given) {
        if (given instanceof Collection<?> c) return c;
        String text = given == null ? "" : given.toString();
        return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }

    /// A value as JSON and YAML can hold it: null, number, word, flag, list or map.
    static @Nullable Object written(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Number n -> n;
            case Boolean b -> b;
            case Enum<?> e -> word(e);
            case Collection<?> c -> c.stream().map(Conversion::written).toList();
            case Map<?, ?> m -> {
                Map<String, @Nullable Object> copy = new LinkedHashMap<>();
                m.forEach((k, v) -> copy.put(String.valueOf(k), written(v)));
                yield copy;
            }
            default -> value.toString();
        };
    }

    /// A written value as it is typed: `2e-4`, not `2.0E-4`.
    static String text(Object written) {
        return switch (written) {
            case Double d -> d.toString().replaceFirst("\\.0(?=$|E)", "").replace('E', 'e');
            case Float f -> f.toString().replaceFirst("\\.0(?=$|E)", "").replace('E', 'e');
            case Collection<?> c ->
                String.join(",", c.stream().map(String::valueOf).toList());
            case Map<?, ?> m ->
                String.join(",", m.entrySet().stream().map(String::valueOf).toList());
            default -> written.toString();
        };
    }
}
