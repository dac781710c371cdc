package dev.gradine.data.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/// Python's `str` and `repr`.
final class PyText {
    private PyText() {}

    static String str(Object v, Budget budget) {
        if (v instanceof String s) return s;
        if (v instanceof Markup m) return m.text();
        if (v instanceof Undefined) return "";
        var sb = new StringBuilder();
        repr(v, sb, budget);
        return sb.toString();
    }

    static String repr(Object v, Budget budget) {
        var sb = new StringBuilder();
        repr(v, sb, budget);
        return sb.toString();
    }

    private static void repr(Object v, StringBuilder out, Budget budget) {
        budget.enter();
        int from = out.length();
        switch (v) {
            case String s -> quote(s, out);
            case Markup m -> quote(m.text(), out);
            case Boolean b -> out.append(b ? "True" : "False");
            case Long n -> out.append((long) n);
            case Double d -> out.append(floating(d));
            case Tuple t -> list(t, '(', t.size() == 1 ? ",)" : ")", out, budget);
            case List<?> l -> list(l, '[', "]", out, budget);
            case Map<?, ?> m -> dict(m, out, budget);
            case None _ -> out.append("None");
            case Undefined _ -> out.append("Undefined");
            default -> out.append('<').append(Values.type(v)).append('>');
        }
        budget.text(out.length() - from);
        budget.leave();
    }

    private static void list(List<?> l, char open, String close, StringBuilder out, Budget budget) {
        out.append(open);
        for (int i = 0; i < l.size(); i++) {
            if (i > 0) out.append(", ");
            repr(l.get(i), out, budget);
        }
        out.append(close);
    }

    private static void dict(Map<?, ?> m, StringBuilder out, Budget budget) {
        out.append('{');
        String comma = "";
        for (var e : m.entrySet()) {
            out.append(comma);
            repr(e.getKey(), out, budget);
            out.append(": ");
            repr(e.getValue(), out, budget);
            comma = ", ";
        }
        out.append('}');
    }

    private static void quote(String s, StringBuilder out) {
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        s.codePoints().forEach(c -> {
            if (c == quote || c == '\\') out.append('\\').appendCodePoint(c);
            else if (c == '\n') out.append("\\n");
            else if (c == '\r') out.append("\\r");
            else if (c == '\t') out.append("\\t");
            else if (isPrintable(c)) out.appendCodePoint(c);
            else if (c < 0x100) out.append(String.format("\\x%02x", c));
            else if (c < 0x10000) out.append(String.format("\\u%04x", c));
            else out.append(String.format("\\U%08x", c));
        });
        out.append(quote);
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /// Python's shortest form: plain for exponents from −4 to 15, else with `e`.
    static String floating(double d) {
        if (Double.isNaN(d)) return "nan";
        if (Double.isInfinite(d)) return d > 0 ? "inf" : "-inf";
        if (d == 0) return 1 / d < 0 ? "-0.0" : "0.0";
        BigDecimal exact = new BigDecimal(Double.toString(d)).stripTrailingZeros();
        int exponent = exact.precision() - exact.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = exact.toPlainString();
            return plain.indexOf('.') >= 0 ? plain : plain + ".0";
        }
        String digits = exact.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return (d < 0 ? "-" : "") + mantissa + String.format("e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
}
