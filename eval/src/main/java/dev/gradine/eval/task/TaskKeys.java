package dev.gradine.eval.task;

import dev.gradine.eval.document.Field;
import dev.gradine.eval.document.TaskException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The keys of a task, or of a part of one: each is asked for once, and what nobody asked for is an
/// error.
final class TaskKeys {

    private final String task;
    private final String part;
    private final Map<?, ?> keys;
    private final Set<String> known = new HashSet<>();

    private TaskKeys(String task, String part, Map<?, ?> keys) {
        this.task = task;
        this.part = part;
        this.keys = keys;
    }

    static TaskKeys of(String task, Map<?, ?> keys) {
        return new TaskKeys(task, "", keys);
    }

    TaskException fault(String key, String what) {
        return new TaskException(task, part + key + " " + what);
    }

    /// Whether the key is there and not null.
    boolean has(String key) {
        known.add(key);
        return keys.get(key) != null;
    }

    /// Keys of lm-evaluation-harness that change nothing here.
    void ignore(String... names) {
        known.addAll(List.of(names));
    }

    private Object value(String key) {
        Object value = has(key) ? keys.get(key) : null;
        if (value == null) throw fault(key, "is missing");
        return value;
    }

    String text(String key, String otherwise) {
        return has(key) ? String.valueOf(value(key)) : otherwise;
    }

    String text(String key) {
        return String.valueOf(value(key));
    }

    int whole(String key, int otherwise) {
        if (!has(key)) return otherwise;
        if (value(key) instanceof Integer n) return n;
        throw fault(key, "is " + value(key) + ", expected a whole number");
    }

    double number(String key, double otherwise) {
        if (!has(key)) return otherwise;
        if (value(key) instanceof Number n) return n.doubleValue();
        throw fault(key, "is " + value(key) + ", expected a number");
    }

    boolean flag(String key) {
        if (!has(key)) return false;
        if (value(key) instanceof Boolean b) return b;
        throw fault(key, "is " + value(key) + ", expected true or false");
    }

    Field field(String key) {
        return Field.of("task " + task + ": " + part + key, value(key));
    }

    /// A list of texts; one text is a list of it.
    List<String> texts(String key) {
        if (!has(key)) return List.of();
        Object value = value(key);
        return value instanceof List<?> l ? l.stream().map(String::valueOf).toList() : List.of(String.valueOf(value));
    }

    /// A list of parts that have keys themselves.
    List<TaskKeys> parts(String key) {
        if (!has(key)) return List.of();
        if (!(value(key) instanceof List<?> list)) throw fault(key, "is " + value(key) + ", expected a list");
        List<TaskKeys> parts = new ArrayList<>();
        for (Object o : list) {
            if (!(o instanceof Map<?, ?> map)) throw fault(key, "has " + o + ", expected keys and values");
            parts.add(new TaskKeys(task, part + key + ": ", map));
        }
        return parts;
    }

    /// A part that has keys itself; an empty one if it is not there.
    TaskKeys inside(String key) {
        if (!has(key)) return new TaskKeys(task, part + key + ": ", Map.of());
        if (value(key) instanceof Map<?, ?> map) return new TaskKeys(task, part + key + ": ", map);
        throw fault(key, "is " + value(key) + ", expected keys and values");
    }

    /// What is there, as it is.
    Map<?, ?> all() {
        return keys;
    }

    /// @throws TaskException if there is a key that nobody has asked for
    void requireAllKnown() {
        for (Object key : keys.keySet()) {
            if (known.contains(String.valueOf(key))) continue;
            throw fault(String.valueOf(key), "is unknown, expected one of " + String.join(", ", new TreeSet<>(known)));
        }
    }
}
