package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `value.name`, `value[index]` and `value[start:stop:step]`.
final class Members {
    private final Budget budget;

    Members(Budget budget) {
        this.budget = budget;
    }

    /// A method or field first, then an item of that name.
    Object attribute(Object target, String name) {
        return switch (target) {
            case Undefined u -> throw u.fault();
            case Namespace n -> n.get(name);
            case LoopState loop -> loop.get(name);
            case String s
            when StringMethods.exists(name) -> (Callable) args -> StringMethods.call(s, name, args, budget);
            case Map<?, ?> m when isMapMethod(name) -> (Callable) args -> mapMethod(m, name, args);
            case Map<?, ?> m when m.containsKey(name) -> value(m, name);
            case List<?> l
            when name.equals("index") || name.equals("count") || name.equals("copy") ->
                (Callable) args -> listMethod(l, name, args);
            default -> Undefined.attribute(target, name);
        };
    }

    private static Object value(Map<?, ?> m, Object key) {
        Object v = m.get(key);
        return v == null ? None.NONE : v;
    }

    Object item(Object target, Object index) {
        switch (target) {
            case Undefined u -> throw u.fault();
            case Map<?, ?> m -> {
                boolean none = index instanceof List<?> || index instanceof Map<?, ?>; // they are no keys
                Object key = none ? None.NONE : Values.key(index, budget);
                if (m.containsKey(key)) return value(m, key);
            }
            case List<?> l -> {
                if (Values.number(index) instanceof Long i) return at(l, i, target);
            }
            case String s -> {
                if (Values.number(index) instanceof Long i) return character(s, i);
            }
            default -> {}
        }
        if (index instanceof String name) return attribute(target, name);
        return Undefined.element(target, index);
    }

    private static Object at(List<?> l, long i, Object target) {
        long k = i < 0 ? i + l.size() : i;
        return k >= 0 && k < l.size() ? l.get((int) k) : Undefined.element(target, i);
    }

    private Object character(String s, long i) {
        var points = new CodePoints(s, budget);
        long k = i < 0 ? i + points.count() : i;
        return k >= 0 && k < points.count() ? points.cut((int) k, (int) k + 1) : Undefined.element(s, i);
    }

    Object slice(Object target, Object start, Object stop, Object step) {
        if (target instanceof Undefined u) throw u.fault();
        if (!(target instanceof String) && !(target instanceof List<?>)) {
            throw new Fault("'" + Values.type(target) + "' object is not sliceable");
        }
        int by = step == None.NONE ? 1 : Values.index(step, "slice step");
        if (by == 0) throw new Fault("slice step cannot be zero");
        if (target instanceof String s) return slice(s, start, stop, by);
        List<Object> items = Values.items(target, budget);
        int n = items.size();
        int from = bound(start, by > 0 ? 0 : n - 1, n, by);
        int to = bound(stop, by > 0 ? n : -1, n, by);
        List<Object> out = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) out.add(items.get((int) i));
        return target instanceof Tuple ? new Tuple(out) : out;
    }

    private String slice(String s, Object start, Object stop, int by) {
        var points = new CodePoints(s, budget);
        int n = points.count();
        int from = bound(start, by > 0 ? 0 : n - 1, n, by);
        int to = bound(stop, by > 0 ? n : -1, n, by);
        if (by == 1) return points.cut(from, Math.max(from, to));
        return points.every(by, from, to);
    }

    private static int bound(Object v, int otherwise, int n, int by) {
        if (v == None.NONE) return otherwise;
        int i = Values.index(v, "slice index");
        int k = i < 0 ? i + n : i;
        return by > 0 ? Math.clamp(k, 0, n) : Math.clamp(k, -1, n - 1);
    }

    private static boolean isMapMethod(String name) {
        return switch (name) {
            case "items", "keys", "values", "get", "copy" -> true;
            default -> false;
        };
    }

    private Object mapMethod(Map<?, ?> m, String name, Args args) {
        if (name.equals("get")) {
            var a = args.bind("get", "key", "default");
            Object key = Values.key(a.get(0), budget);
            return m.containsKey(key) ? value(m, key) : a.get(1, None.NONE);
        }
        args.bind(name);
        budget.items(m.size());
        return switch (name) {
            case "keys" -> new ArrayList<Object>(m.keySet());
            case "values" -> new ArrayList<Object>(m.values());
            case "items" -> pairs(m);
            default -> new LinkedHashMap<Object, Object>(m);
        };
    }

    static List<Object> pairs(Map<?, ?> m) {
        List<Object> out = new ArrayList<>();
        m.forEach((k, v) -> out.add(Tuple.of(k, v)));
        return out;
    }

    private Object listMethod(List<?> l, String name, Args args) {
        if (name.equals("copy")) return Values.items(l, budget);
        Object wanted = args.bind(name, "value").get(0);
        long count = 0;
        for (int i = 0; i < l.size(); i++) {
            if (!Values.equal(l.get(i), wanted, budget)) continue;
            if (name.equals("index")) return (long) i;
            count++;
        }
        if (name.equals("index")) throw new Fault(PyText.repr(wanted, budget) + " is not in list");
        return count;
    }
}
