package dev.gradine.data.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/// `namespace(…)`: the one object whose fields a template may set, so that loops can hand values out.
final class Namespace {
    private final Map<String, Object> fields = new LinkedHashMap<>();

    Namespace(Map<String, Object> fields) {
        this.fields.putAll(fields);
    }

    Object get(String name) {
        return fields.getOrDefault(name, Undefined.attribute(this, name));
    }

    void set(String name, Object value) {
        fields.put(name, value);
    }
}
