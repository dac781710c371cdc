package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What values are in a template, and Python's rules on truth, length, iteration and equality.
///
/// A value is a `String`, `Long`, `Double`, `Boolean`, [None], `List`, [Tuple], `Map`, [Lazy], [Namespace],
/// [Undefined], [LoopState] or [Callable].
final class Values {
    private Values() {}

    /// A template's value for a Java one: maps, lists, strings, numbers, booleans and null.
    static Object of(@Nullable Object v) {
        return switch (v) {
            case null -> None.NONE;
            case Float f -> (double) f;
            case Integer i -> (long) i;
            case Short s -> (long) s;
            case Byte b -> (long) b;
            case Tuple t -> t;
            case Map<?, ?> m -> {
                Map<Object, Object> out = new LinkedHashMap<>();
                m.forEach((key, value) -> out.put(of(key), of(value)));
                yield out;
            }
            case List<?> l -> {
                List<Object> out = new ArrayList<>(l.size());
                for (Object item : l) out.add(of(item));
                yield out;
            }
            case String s -> s;
            case Long n -> n;
            case Double d -> d;
            case Boolean b -> b;
            case None n -> n;
            default ->
                throw new Fault("variable is a " + v.getClass().getSimpleName()
                        + ", expected a string, number, boolean, list or map");
        };
    }

    /// Python's name of the type.
    static String type(Object v) {
        return switch (v) {
            case String _ -> "str";
            case Markup _ -> "Markup";
            case Long _ -> "int";
            case Double _ -> "float";
            case Boolean _ -> "bool";
            case None _ -> "NoneType";
            case Tuple _ -> "tuple";
            case List<?> _ -> "list";
            case Map<?, ?> _ -> "dict";
            case Lazy _ -> "generator";
            case Undefined _ -> "Undefined";
            case Namespace _ -> "Namespace";
            case LoopState _ -> "LoopContext";
            default -> "function";
        };
    }

    static boolean truth(Object v) {
        return switch (v) {
            case Boolean b -> b;
            case String s -> !s.isEmpty();
            case Markup m -> !m.text().isEmpty();
            case Long n -> n != 0;
            case Double d -> d != 0;
            case None _ -> false;
            case Undefined _ -> false;
            case List<?> l -> !l.isEmpty();
            case Map<?, ?> m -> !m.isEmpty();
            default -> true;
        };
    }

    static long length(Object v, Budget budget) {
        return switch (v) {
            case String s -> new CodePoints(s, budget).count();
            case List<?> l -> l.size();
            case Map<?, ?> m -> m.size();
            case Undefined _ -> 0;
            case LoopState loop -> loop.length();
            default -> throw new Fault("object of type '" + type(v) + "' has no len()");
        };
    }

    /// The items of a value in order: list items, dict keys, characters.
    static List<Object> items(Object v, Budget budget) {
        return switch (v) {
            case List<?> l -> {
                budget.items(l.size());
                yield new ArrayList<>(l);
            }
            case Map<?, ?> m -> {
                budget.items(m.size());
                yield new ArrayList<>(m.keySet());
            }
            case String s -> characters(s, budget);
            case Lazy lazy -> {
                List<Object> out = new ArrayList<>();
                lazy.forEach(out::add);
                budget.items(out.size());
                yield out;
            }
            case Undefined _ -> new ArrayList<>();
            default -> throw new Fault("'" + type(v) + "' object is not iterable");
        };
    }

    private static List<Object> characters(String s, Budget budget) {
        budget.items(s.length());
        List<Object> out = new ArrayList<>(s.length());
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            out.add(Character.toString(c));
            i += Character.charCount(c);
        }
        return out;
    }

    static boolean isIterable(Object v) {
        return v instanceof Iterable<?> || v instanceof Map<?, ?> || v instanceof String || v instanceof Undefined;
    }

    static boolean isNumber(Object v) {
        return v instanceof Long || v instanceof Double || v instanceof Boolean;
    }

    /// A boolean counts as 0 or 1.
    static Object number(Object v) {
        return v instanceof Boolean b ? (b ? 1L : 0L) : v;
    }

    static int index(Object v, String what) {
        if (v instanceof Undefined u) throw u.fault();
        if (number(v) instanceof Long n && n == (int) (long) n) return (int) (long) n;
        throw new Fault(what + " is " + type(v) + ", expected an integer");
    }

    static boolean equal(Object a, Object b, Budget budget) {
        budget.enter();
        try {
            if (isNumber(a) && isNumber(b)) {
                Object x = number(a);
                Object y = number(b);
                return (x instanceof Long l && y instanceof Long r)
                        ? l.longValue() == r.longValue()
                        : ((Number) x).doubleValue() == ((Number) y).doubleValue();
            }
            if (a instanceof Undefined && b instanceof Undefined) return true;
            if ((a instanceof Tuple) != (b instanceof Tuple)) return false;
            if (a instanceof List<?> x && b instanceof List<?> y) return equalLists(x, y, budget);
            if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) return equalMaps(x, y, budget);
            if (a instanceof String s && b instanceof String t) {
                if (s.length() == t.length()) budget.scan(s.length());
                return s.equals(t);
            }
            return a instanceof None ? a.equals(b) : same(a, b);
        } finally {
            budget.leave();
        }
    }

    @SuppressWarnings("ReferenceEquality") // functions and namespaces are equal to themselves only
    private static boolean same(Object a, Object b) {
        return a == b;
    }

    private static boolean equalLists(List<?> a, List<?> b, Budget budget) {
        if (a.size() != b.size()) return false;
        for (int i = 0; i < a.size(); i++) if (!equal(a.get(i), b.get(i), budget)) return false;
        return true;
    }

    private static boolean equalMaps(Map<?, ?> a, Map<?, ?> b, Budget budget) {
        if (a.size() != b.size()) return false;
        for (var e : a.entrySet()) {
            Object other = b.get(e.getKey());
            if (other == null || !equal(e.getValue(), other, budget)) return false;
        }
        return true;
    }

    /// A dict key: numbers that are equal are one key, what can change is none.
    static Object key(Object v, Budget budget) {
        Object n = number(v);
        if (n instanceof Double d && d == Math.rint(d) && Math.abs(d) < 1e15) return (long) (double) d;
        if (v instanceof String s) budget.scan(s.length());
        if (v instanceof Tuple t) return key(t, budget);
        if (v instanceof List<?> || v instanceof Map<?, ?>) throw new Fault("unhashable type: '" + type(v) + "'");
        return n;
    }

    private static Tuple key(Tuple t, Budget budget) {
        budget.enter();
        budget.items(t.size());
        List<Object> out = new ArrayList<>(t.size());
        for (Object item : t) out.add(key(item, budget));
        budget.leave();
        return new Tuple(out);
    }
}
