package dev.gradine.eval.document;

import dev.gradine.data.jinja.Dialect;
import dev.gradine.data.jinja.JinjaTemplate;
import dev.gradine.data.jinja.Limits;
import dev.gradine.data.jinja.None;
import dev.gradine.eval.python.PythonLiteral;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a task makes of a document at one place: `doc_to_text`, `doc_to_target`, `doc_to_choice` and
/// others.
///
/// The name of a column gives its value, any other text is a Jinja template, and what is no text stands
/// for itself. In a template the columns are names, and `doc` is the whole row: a column called `Best
/// Answer` is `doc['Best Answer']`.
public final class Field {

    private final String where;
    private final Object source;
    private final @Nullable JinjaTemplate template;

    private Field(String where, Object source, @Nullable JinjaTemplate template) {
        this.where = where;
        this.source = source;
        this.template = template;
    }

    /// What a task's file has at one place.
    ///
    /// @param where task and key, for messages
    /// @param source what the file has
    /// @throws dev.gradine.data.jinja.TemplateException if it is a text and no template
    public static Field of(String where, Object source) {
        return source instanceof String text
                ? new Field(where, text, JinjaTemplate.parse(where, text, Dialect.TASK))
                : new Field(where, source, null);
    }

    /// Task and key, for messages.
    public String where() {
        return where;
    }

    /// Its value: a text, a number, or a list.
    Object value(Document doc) {
        if (template == null) return source;
        Object column = doc.fields().get(source);
        return column == null ? rendered(doc) : column;
    }

    private String rendered(Document doc) {
        Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("doc", doc.fields());
        variables.putAll(doc.fields());
        if (template == null) throw new IllegalStateException("field: no template");
        return template.render(variables, Limits.defaults()).text();
    }

    /// Its value as a text.
    ///
    /// @throws IllegalArgumentException if it is a list or nothing
    public String text(Document doc) {
        Object value = value(doc);
        if (value instanceof List<?> || value instanceof Map<?, ?> || value == None.NONE) {
            throw new IllegalArgumentException(
                    "%s: document %d: %s, expected a text".formatted(where, doc.id(), value));
        }
        return value.toString();
    }

    /// Its value as a list of texts; a text is read as the list it writes.
    ///
    /// @throws IllegalArgumentException if it is no list
    public List<String> texts(Document doc) {
        Object value = value(doc);
        List<?> list = switch (value) {
            case List<?> l -> l;
            case Map<?, ?> m -> List.copyOf(m.values());
            case String s -> PythonLiteral.list(s);
            default -> null;
        };
        if (list == null || list.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: document %d: %s, expected a list of choices".formatted(where, doc.id(), value));
        }
        return list.stream().map(String::valueOf).toList();
    }

    /// Its value as what is right: numbers of choices, or texts; one of them, or several.
    ///
    /// @param numbers whether a text of digits is the number of a choice
    public List<Object> targets(Document doc, boolean numbers) {
        Object value = value(doc);
        if (value instanceof String s) {
            if (numbers && s.matches("\\d+")) return List.of(Integer.parseInt(s));
            List<Object> list = s.startsWith("[") && s.endsWith("]") ? PythonLiteral.list(s) : null;
            return list == null ? List.of(s) : list;
        }
        return value instanceof List<?> l ? List.copyOf(l) : List.of(value);
    }
}
