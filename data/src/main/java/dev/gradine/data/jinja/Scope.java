package dev.gradine.data.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Variables by name, inner scopes first.
final class Scope {
    private final @Nullable Scope outer;
    private final Map<String, Object> variables = new HashMap<>();
    private final int depth;

    Scope(@Nullable Scope outer) {
        this.outer = outer;
        this.depth = outer == null ? 1 : outer.depth + 1;
    }

    /// How many scopes a name is looked for in at most.
    int depth() {
        return depth;
    }

    Scope inner() {
        return new Scope(this);
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }

    Object get(String name) {
        for (Scope s = this; s != null; s = s.outer) {
            Object v = s.variables.get(name);
            if (v != null) return v;
        }
        return Undefined.name(name);
    }
}
