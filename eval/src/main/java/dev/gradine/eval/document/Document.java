package dev.gradine.eval.document;

import dev.gradine.data.jinja.None;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row of a task's data.
///
/// @param id its number in its split, from 0
/// @param fields its columns in their order; [None] where a value is null
public record Document(int id, Map<String, Object> fields) {

    /// Copies the fields.
    public Document {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /// The fields as JSON has them: null where there is [None].
    public Map<String, @Nullable Object> json() {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        fields.forEach((name, value) -> out.put(name, json(value)));
        return out;
    }

    private static @Nullable Object json(Object value) {
        return switch (value) {
            case None _ -> null;
            case Map<?, ?> m -> {
                Map<Object, @Nullable Object> out = new LinkedHashMap<>();
                m.forEach((k, v) -> out.put(k, v == null ? null : json(v)));
                yield out;
            }
            case List<?> l -> l.stream().map(v -> v == null ? null : json(v)).toList();
            default -> value;
        };
    }

    /// Whether two rows say the same, wherever they stand.
    public boolean says(Document other) {
        return fields.equals(other.fields);
    }
}
