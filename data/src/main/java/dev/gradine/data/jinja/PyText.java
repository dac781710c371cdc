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
        return repr(v, budget);
    }

    static String repr(Object v, Budget budget) {
        var out = new BoundedText(budget);
        new Repr(out, budget).value(v);
        return out.toString();
    }

    /// Writes values one into the other.
    private record Repr(BoundedText out, Budget budget) {
        void value(Object v) {
            budget.enter();
            switch (v) {
                case String s -> quote(s, out);
                case Markup m -> quote(m.text(), out);
                case Boolean b -> out.append(b ? "True" : "False");
                case Long n -> out.append(Long.toString(n));
                case Double d -> out.append(floating(d));
                case Tuple t -> list(t, '(', t.size() == 1 ? ",)" : ")");
                case List<?> l -> list(l, '[', "]");
                case Map<?, ?> m -> dict(m);
                case None _ -> out.append("None");
                case Undefined _ -> out.append("Undefined");
                default -> out.append('<').append(Values.type(v)).append('>');
            }
            budget.leave();
        }

        private void list(List<?> l, char open, String close) {
            out.append(open);
            for (int i = 0; i < l.size(); i++) {
                if (i > 0) out.append(", ");
                value(l.get(i));
            }
            out.append(close);
        }

        private void dict(Map<?, ?> m) {
            out.append('{');
            String comma = "";
            for (var e : m.entrySet()) {
                out.append(comma);
                value(e.getKey());
                out.append(": ");
                value(e.getValue());
                comma = ", ";
            }
            out.append('}');
        }
    }

    private static void quote(String s, BoundedText out) {
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            i += Character.charCount(c);
            if (c == quote || c == '\\') out.append('\\').appendCodePoint(c);
            else if (c == '\n') out.append("\\n");
            else if (c == '\r') out.append("\\r");
            else if (c == '\t') out.append("\\t");
            else if (isPrintable(c)) out.appendCodePoint(c);
            else if (c < 0x100) out.append("\\x").hex(c, 2);
            else if (c < 0x10000) out.append("\\u").hex(c, 4);
            else out.append("\\U").hex(c, 8);
        }
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
