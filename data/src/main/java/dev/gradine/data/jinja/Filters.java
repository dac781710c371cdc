package dev.gradine.data.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Set;

/// The filters on single values; those on sequences are [SequenceFilters]'.
final class Filters {
    private static final Set<String> NAMES = Set.of(
            "trim",
            "upper",
            "lower",
            "title",
            "capitalize",
            "replace",
            "string",
            "safe",
            "escape",
            "e",
            "forceescape",
            "tojson",
            "int",
            "float",
            "abs",
            "round",
            "default",
            "d",
            "indent",
            "length",
            "count",
            "center",
            "format",
            "wordcount");

    private final Operators operators;
    private final Budget budget;
    private final SequenceFilters sequences;

    Filters(Operators operators, Tests tests, Budget budget) {
        this.operators = operators;
        this.budget = budget;
        this.sequences = new SequenceFilters(this, operators, tests, budget);
    }

    static boolean exists(String name) {
        return NAMES.contains(name) || SequenceFilters.exists(name);
    }

    Object apply(String name, Object v, Args args) {
        if (SequenceFilters.exists(name)) return sequences.apply(name, v, args);
        return switch (name) {
            case "tojson" -> json(v, args);
            case "int" -> integer(v, args.bind(name, "default", "base"));
            case "float" -> floating(v, args.bind(name, "default").get(0, 0.0));
            case "abs" -> operators.order("<", v, 0L) < 0 ? Operators.negate(v) : Values.number(v);
            case "round" -> round(v, args.bind(name, "precision", "method"));
            case "length", "count" -> Values.length(v, budget);
            case "default", "d" -> {
                var a = args.bind(name, "default_value", "boolean");
                boolean missing = v instanceof Undefined || (a.flag(1, false) && !Values.truth(v));
                yield missing ? a.get(0, "") : v;
            }
            case "format" -> operators.format(PyText.str(v, budget), args.positional());
            default -> text(name, PyText.str(v, budget), args);
        };
    }

    private Object text(String name, String s, Args args) {
        budget.scan(s.length());
        return switch (name) {
            case "trim" -> PyStrings.strip(s, args.bind(name, "chars").get(0, None.NONE), true, true, budget);
            case "replace" -> {
                var a = args.bind(name, "old", "new", "count");
                yield PyStrings.replace(
                        s, PyText.str(a.get(0), budget), PyText.str(a.get(1), budget), a.integer(2, -1), budget);
            }
            case "indent" -> indent(s, args.bind(name, "width", "first", "blank"));
            case "center" ->
                StringMethods.call(
                        s, name, Args.of((long) args.bind(name, "width").integer(0, 80)), budget);
            default -> {
                args.bind(name);
                yield plain(name, s);
            }
        };
    }

    private Object plain(String name, String s) {
        return switch (name) {
            case "upper" -> new LetterCase(s, budget).upper();
            case "lower" -> new LetterCase(s, budget).lower();
            case "title" -> new LetterCase(s, budget).title(true);
            case "capitalize" -> new LetterCase(s, budget).capitalize();
            case "wordcount" -> (long) new Split(s, budget).by(None.NONE, -1).size();
            case "safe" -> new Markup(s);
            case "escape", "e", "forceescape" -> new Markup(Markup.escape(s, budget));
            default -> s;
        };
    }

    private String json(Object v, Args args) {
        var a = args.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        String indent = "";
        if (a.isGiven(1)) indent = a.get(1) instanceof String s ? s : " ".repeat(Math.clamp(a.integer(1, 0), 0, 100));
        String comma = indent.isEmpty() ? ", " : ",";
        String colon = ": ";
        if (a.isGiven(2)) {
            var pair = Values.items(a.get(2), budget);
            if (pair.size() != 2) throw new Fault("tojson: separators has " + pair.size() + " items, expected 2");
            comma = PyText.str(pair.get(0), budget);
            colon = PyText.str(pair.get(1), budget);
        }
        return PyJson.write(v, new PyJson.Style(indent, comma, colon, a.flag(0, false), a.flag(3, false)), budget);
    }

    private static Object integer(Object v, Args.Bound a) {
        if (v instanceof Undefined u) throw u.fault();
        Object otherwise = a.get(0, 0L);
        Object n = v instanceof String s ? parseInt(s.strip(), a.integer(1, 10)) : Values.number(v);
        if (n instanceof Double d) return Double.isFinite(d) ? (long) (double) d : otherwise;
        return n instanceof Long ? n : otherwise;
    }

    private static Object parseInt(String s, int base) {
        String digits = base == 16 && s.startsWith("0x") ? s.substring(2) : s;
        try {
            return Long.parseLong(digits.replace("_", ""), base);
        } catch (NumberFormatException e) {
            return floating(s, None.NONE);
        }
    }

    private static Object floating(Object v, Object otherwise) {
        if (v instanceof Undefined u) throw u.fault();
        if (Values.isNumber(v)) return ((Number) Values.number(v)).doubleValue();
        try {
            return v instanceof String s ? Double.parseDouble(s.strip()) : otherwise;
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static Object round(Object v, Args.Bound a) {
        if (!Values.isNumber(v)) throw new Fault("round: value is " + Values.type(v) + ", expected a number");
        int precision = Math.clamp(a.integer(0, 0), -300, 300);
        RoundingMode mode = switch (a.string(1, "common")) {
            case "common" -> RoundingMode.HALF_EVEN;
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> throw new Fault("round: method is not one of common, ceil, floor");
        };
        double d = ((Number) Values.number(v)).doubleValue();
        if (!Double.isFinite(d)) return d;
        // the exact binary value decides ties, as in Python
        return new BigDecimal(d).setScale(precision, mode).doubleValue();
    }

    private String indent(String s, Args.Bound a) {
        String by = a.get(0, 4L) instanceof String w ? w : " ".repeat(Math.clamp(a.integer(0, 4), 0, 1000));
        boolean first = a.flag(1, false);
        boolean blank = a.flag(2, false);
        var lines = new Split(s + "\n", budget).lines(false);
        var out = new BoundedText(budget);
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean indented = i == 0 ? first : blank || !line.isEmpty();
            out.append(i > 0 ? "\n" : "").append(indented ? by : "").append(line);
        }
        return out.toString();
    }
}
