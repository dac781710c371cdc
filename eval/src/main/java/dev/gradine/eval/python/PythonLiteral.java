package dev.gradine.eval.python;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads what Python's `repr` writes of lists of texts and numbers: `['a', "it's", 3, 0.5, True]`.
///
/// A template prints a list that way, and lm-evaluation-harness reads it back with `ast.literal_eval`.
public final class PythonLiteral {

    private final String text;
    private int at;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /// The list that `text` is; null if it is none.
    public static @Nullable List<Object> list(String text) {
        PythonLiteral reader = new PythonLiteral(text.strip());
        try {
            Object value = reader.value();
            return reader.at == reader.text.length() && value instanceof List<?> l ? new ArrayList<>(l) : null;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            return null;
        }
    }

    private Object value() {
        char c = text.charAt(at);
        if (c == '[' || c == '(') return items(c == '[' ? ']' : ')');
        if (c == '\'' || c == '"') return string(c);
        int start = at;
        while (at < text.length() && ",]) ".indexOf(text.charAt(at)) < 0) at++;
        return word(text.substring(start, at));
    }

    private static Object word(String word) {
        return switch (word) {
            case "True" -> true;
            case "False" -> false;
            default -> word.matches("-?\\d+") ? (Object) Long.valueOf(word) : (Object) Double.valueOf(word);
        };
    }

    private List<Object> items(char close) {
        List<Object> all = new ArrayList<>();
        at++;
        skipSpace();
        while (text.charAt(at) != close) {
            all.add(value());
            skipSpace();
            if (text.charAt(at) == ',') at++;
            else if (text.charAt(at) != close) throw new IllegalArgumentException("literal: no comma");
            skipSpace();
        }
        at++;
        return all;
    }

    private void skipSpace() {
        while (Character.isWhitespace(text.charAt(at))) at++;
    }

    private String string(char quote) {
        StringBuilder out = new StringBuilder();
        at++;
        while (text.charAt(at) != quote) {
            char c = text.charAt(at++);
            if (c == '\\') escape(out);
            else out.append(c);
        }
        at++;
        return out.toString();
    }

    private void escape(StringBuilder out) {
        char c = text.charAt(at++);
        switch (c) {
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'x' -> code(out, 2);
            case 'u' -> code(out, 4);
            case 'U' -> code(out, 8);
            default -> out.append(c);
        }
    }

    private void code(StringBuilder out, int digits) {
        out.appendCodePoint(Integer.parseInt(text.substring(at, at + digits), 16));
        at += digits;
    }
}
