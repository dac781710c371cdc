package dev.gradine.data.jinja;

import java.util.List;
import java.util.Map;

/// Python's `json.dumps` with the settings transformers gives the filter `tojson`: characters outside ASCII stay.
final class PyJson {
    private final Style style;
    private final Budget budget;
    private final BoundedText out;

    /// @param indent blanks per level; empty means one line
    /// @param comma between items
    /// @param colon between key and value
    /// @param ascii whether characters outside ASCII are escaped
    /// @param sorted whether keys are sorted
    record Style(String indent, String comma, String colon, boolean ascii, boolean sorted) {}

    private PyJson(Style style, Budget budget) {
        this.style = style;
        this.budget = budget;
        this.out = new BoundedText(budget);
    }

    static String write(Object v, Style style, Budget budget) {
        var json = new PyJson(style, budget);
        json.value(v, 0);
        return json.out.toString();
    }

    private void value(Object v, int level) {
        budget.enter();
        switch (v) {
            case None _ -> out.append("null");
            case Boolean b -> out.append(b ? "true" : "false");
            case Long n -> out.append(Long.toString(n));
            case Double d -> out.append(number(d));
            case String s -> quote(s);
            case List<?> l -> list(l, level);
            case Map<?, ?> m -> dict(m, level);
            default -> throw new Fault("object of type " + Values.type(v) + " is not JSON serializable");
        }
        budget.leave();
    }

    private static String number(double d) {
        if (Double.isNaN(d)) return "NaN";
        return Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : PyText.floating(d);
    }

    private void list(List<?> l, int level) {
        out.append('[');
        for (int i = 0; i < l.size(); i++) {
            between(i, level + 1);
            value(l.get(i), level + 1);
        }
        if (!l.isEmpty()) line(level);
        out.append(']');
    }

    private void dict(Map<?, ?> m, int level) {
        out.append('{');
        List<Object> keys = Values.items(m, budget);
        if (style.sorted) keys.sort((a, b) -> key(a).compareTo(key(b)));
        int i = 0;
        for (Object k : keys) {
            between(i++, level + 1);
            quote(key(k));
            out.append(style.colon);
            Object v = m.get(k);
            value(v == null ? None.NONE : v, level + 1);
        }
        if (!m.isEmpty()) line(level);
        out.append('}');
    }

    private static String key(Object k) {
        return switch (k) {
            case String s -> s;
            case Boolean b -> b ? "true" : "false";
            case None _ -> "null";
            case Long n -> Long.toString(n);
            case Double d -> number(d);
            default -> throw new Fault("keys must be str, int, float, bool or None, not " + Values.type(k));
        };
    }

    private void between(int i, int level) {
        if (i > 0) out.append(style.comma);
        line(level);
    }

    private void line(int level) {
        if (style.indent.isEmpty()) return;
        out.append('\n');
        for (int i = 0; i < level; i++) out.append(style.indent);
    }

    private void quote(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int simple = "\"\\\n\r\t\b\f".indexOf(c);
            if (simple >= 0) out.append('\\').append("\"\\nrtbf".charAt(simple));
            else if (c < 0x20 || (style.ascii && c > 0x7F)) out.append("\\u").hex(c, 4);
            else out.append(c);
        }
        out.append('"');
    }
}
