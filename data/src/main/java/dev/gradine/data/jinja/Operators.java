package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Python's arithmetic, ordering and membership.
final class Operators {
    private static final Pattern CONVERSION = Pattern.compile("%([-0+]*)(\\d{0,3})(?:\\.(\\d{1,2}))?([a-zA-Z%])");

    private final Budget budget;

    Operators(Budget budget) {
        this.budget = budget;
    }

    Object apply(String op, Object a, Object b) {
        if (a instanceof Undefined u) throw u.fault();
        if (b instanceof Undefined u) throw u.fault();
        if (Values.isNumber(a) && Values.isNumber(b)) return arithmetic(op, Values.number(a), Values.number(b));
        if (op.equals("+") && isText(a) && isText(b) && (a instanceof Markup || b instanceof Markup)) {
            return new Markup(Markup.escaped(a, budget) + Markup.escaped(b, budget));
        }
        return others(op, Markup.plain(a), Markup.plain(b));
    }

    private static boolean isText(Object v) {
        return v instanceof String || v instanceof Markup;
    }

    private Object others(String op, Object a, Object b) {
        return switch (op) {
            case "+" -> add(a, b);
            case "*" -> repeat(a, b);
            case "%" -> {
                if (!(a instanceof String s)) throw unsupported(op, a, b);
                yield format(s, b instanceof Tuple t ? t : List.of(b));
            }
            default -> throw unsupported(op, a, b);
        };
    }

    private static Fault unsupported(String op, Object a, Object b) {
        return new Fault(
                "unsupported operand type(s) for " + op + ": '" + Values.type(a) + "' and '" + Values.type(b) + "'");
    }

    private Object add(Object a, Object b) {
        if (a instanceof String s) {
            if (!(b instanceof String t)) {
                throw new Fault("can only concatenate str (not \"" + Values.type(b) + "\") to str");
            }
            budget.text((long) s.length() + t.length());
            return s + t;
        }
        boolean lists = a instanceof List<?> && b instanceof List<?> && a instanceof Tuple == b instanceof Tuple;
        if (!lists) throw unsupported("+", a, b);
        budget.items((long) ((List<?>) a).size() + ((List<?>) b).size());
        List<Object> out = new ArrayList<>((List<?>) a);
        out.addAll((List<?>) b);
        return a instanceof Tuple ? new Tuple(out) : out;
    }

    private Object repeat(Object a, Object b) {
        if (Values.number(a) instanceof Long && !(b instanceof Long)) return repeat(b, a);
        if (!(Values.number(b) instanceof Long n)) throw unsupported("*", a, b);
        long count = Math.max(0, n);
        if (a instanceof String s) {
            budget.text(product(s.length(), count));
            return s.repeat(Math.toIntExact(s.isEmpty() ? 0 : count));
        }
        if (!(a instanceof List<?> l)) throw unsupported("*", a, b);
        budget.items(product(l.size(), count));
        List<Object> out = new ArrayList<>();
        for (long i = 0; i < count && !l.isEmpty(); i++) out.addAll(l);
        return a instanceof Tuple ? new Tuple(out) : out;
    }

    private static long product(long a, long b) {
        return Math.multiplyHigh(a, b) != 0 ? Long.MAX_VALUE : a * b;
    }

    private static Object arithmetic(String op, Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y && !op.equals("/")) return integers(op, x, y);
        double x = ((Number) a).doubleValue();
        double y = ((Number) b).doubleValue();
        if (y == 0 && (op.equals("/") || op.equals("//") || op.equals("%"))) throw new Fault("division by zero");
        return switch (op) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> x / y;
            case "//" -> Math.floor(x / y);
            case "%" -> x - y * Math.floor(x / y);
            default -> Math.pow(x, y);
        };
    }

    private static Object integers(String op, long x, long y) {
        if (y == 0 && (op.equals("//") || op.equals("%"))) throw new Fault("integer division or modulo by zero");
        try {
            return switch (op) {
                case "+" -> Math.addExact(x, y);
                case "-" -> Math.subtractExact(x, y);
                case "*" -> Math.multiplyExact(x, y);
                case "//" -> Math.floorDiv(x, y);
                case "%" -> Math.floorMod(x, y);
                default -> y < 0 ? (Object) Math.pow((double) x, (double) y) : (Object) power(x, y);
            };
        } catch (ArithmeticException e) {
            throw new Fault("integer result of " + x + " " + op + " " + y + " is larger than 64 bits");
        }
    }

    private static long power(long x, long y) {
        if (x == 0 || x == 1) return y == 0 ? 1 : x;
        if (x == -1) return y % 2 == 0 ? 1 : -1;
        long out = 1;
        for (long i = 0; i < y; i++) out = Math.multiplyExact(out, x);
        return out;
    }

    static Object negate(Object v) {
        if (v instanceof Undefined u) throw u.fault();
        return switch (Values.number(v)) {
            case Long n -> -n;
            case Double d -> -d;
            default -> throw new Fault("bad operand type for unary -: '" + Values.type(v) + "'");
        };
    }

    boolean compare(String op, Object a, Object b) {
        return switch (op) {
            case "==" -> Values.equal(a, b, budget);
            case "!=" -> !Values.equal(a, b, budget);
            case "in" -> contains(b, a);
            case "not in" -> !contains(b, a);
            case "<" -> order(op, a, b) < 0;
            case "<=" -> order(op, a, b) <= 0;
            case ">" -> order(op, a, b) > 0;
            default -> order(op, a, b) >= 0;
        };
    }

    /// Below, at or above 0 as `a` is before, equal to or after `b`.
    int order(String op, Object a, Object b) {
        if (a instanceof Undefined u) throw u.fault();
        if (b instanceof Undefined u) throw u.fault();
        if (Values.isNumber(a) && Values.isNumber(b)) {
            Object x = Values.number(a);
            Object y = Values.number(b);
            if (x instanceof Long l && y instanceof Long r) return Long.compare(l, r);
            return Double.compare(((Number) x).doubleValue(), ((Number) y).doubleValue());
        }
        if (a instanceof String s && b instanceof String t) {
            return byCodePoint(s, t);
        }
        if (!(a instanceof List<?> l) || !(b instanceof List<?> r)) {
            throw new Fault("'" + op + "' not supported between instances of '" + Values.type(a) + "' and '"
                    + Values.type(b) + "'");
        }
        for (int i = 0; i < Math.min(l.size(), r.size()); i++) {
            if (Values.equal(l.get(i), r.get(i), budget)) continue;
            budget.enter();
            int order = order(op, l.get(i), r.get(i));
            budget.leave();
            return order;
        }
        return Integer.compare(l.size(), r.size());
    }

    private int byCodePoint(String a, String b) {
        int shorter = Math.min(a.length(), b.length());
        int i = 0;
        while (i < shorter && a.charAt(i) == b.charAt(i)) i++;
        budget.compare(i);
        if (i == shorter) return Integer.compare(a.length(), b.length());
        boolean inPair = i > 0 && Character.isHighSurrogate(a.charAt(i - 1));
        return Integer.compare(a.codePointAt(inPair ? i - 1 : i), b.codePointAt(inPair ? i - 1 : i));
    }

    boolean contains(Object container, Object item) {
        if (container instanceof String s) {
            if (item instanceof String t) return Search.first(s, t, 0, budget) >= 0;
            throw new Fault("'in <string>' requires string as left operand, not " + Values.type(item));
        }
        if (container instanceof Map<?, ?> m) return m.containsKey(Values.key(item, budget));
        if (!Values.isIterable(container)) {
            throw new Fault("argument of type '" + Values.type(container) + "' is not iterable");
        }
        List<?> items = container instanceof List<?> l ? l : Values.items(container, budget);
        for (Object x : items) if (Values.equal(x, item, budget)) return true;
        return false;
    }

    /// `text % values` for the conversions d, i, s, r, f, x and %, with width, precision and the flags - and 0.
    String format(String text, List<?> values) {
        var out = new BoundedText(budget);
        var m = CONVERSION.matcher(text);
        int from = 0;
        int used = 0;
        while (m.find()) {
            boolean literal = m.group(4).equals("%");
            if (!literal && used >= values.size()) throw new Fault("not enough arguments for format string");
            String done = literal ? "%" : convert(m.toMatchResult(), values.get(used++));
            out.append(text, from, m.start()).append(done);
            from = m.end();
        }
        if (used < values.size()) throw new Fault("not all arguments converted during string formatting");
        return out.append(text, from, text.length()).toString();
    }

    private String convert(MatchResult m, Object v) {
        String body = switch (m.group(4)) {
            case "s" -> PyText.str(v, budget);
            case "r" -> PyText.repr(v, budget);
            case "d", "i" -> Long.toString(((Number) numeric(v)).longValue());
            case "x" -> Long.toHexString(((Number) numeric(v)).longValue());
            case "f" ->
                String.format(
                        "%." + (m.group(3) == null ? "6" : m.group(3)) + "f", ((Number) numeric(v)).doubleValue());
            default -> throw new Fault("format character '" + m.group(4) + "' is not known");
        };
        int width = m.group(2).isEmpty() ? 0 : Integer.parseInt(m.group(2));
        if (m.group(1).contains("+") && Values.isNumber(v) && !body.startsWith("-")) body = "+" + body;
        String pad = (m.group(1).contains("0") ? "0" : " ").repeat(Math.max(0, width - body.length()));
        return m.group(1).contains("-") ? body + pad : pad + body;
    }

    private static Object numeric(Object v) {
        if (Values.isNumber(v)) return Values.number(v);
        throw new Fault("a number is required for format, not " + Values.type(v));
    }
}
