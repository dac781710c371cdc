package dev.gradine.data.jinja;

import dev.gradine.data.jinja.Expr.Arguments;
import dev.gradine.data.jinja.Expr.Const;
import dev.gradine.data.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Reads expressions, loosest binding first: ternary, or, and, not, comparison, `+ -`, `~`, `* / // %`, `**`, sign,
/// then what stands after a value: attributes, subscripts, calls, filters, tests.
final class ExprParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    private final Words words;

    ExprParser(Words words) {
        this.words = words;
    }

    Expr expression() {
        words.enter();
        Expr e = ternary();
        words.leave();
        return e;
    }

    /// One expression or, with commas, a tuple of them.
    Expr tuple(boolean withTernary) {
        int line = words.line();
        List<Expr> items = new ArrayList<>();
        boolean comma = false;
        while (!endsTuple()) {
            items.add(withTernary ? expression() : or());
            comma = words.skipOp(",");
            if (!comma) break;
        }
        if (items.isEmpty()) throw words.expected("an expression");
        return items.size() == 1 && !comma ? items.getFirst() : new Expr.Sequence(line, items, true);
    }

    private boolean endsTuple() {
        Kind k = words.peek().kind();
        return k == Kind.BLOCK_END || k == Kind.OUTPUT_END || words.isOp(")") || words.isName("recursive");
    }

    private Expr ternary() {
        Expr e = or();
        while (words.isName("if")) {
            int line = words.next().line();
            Expr test = or();
            Expr no = words.skipName("else") ? expression() : new Const(line, Undefined.NO_ELSE);
            e = new Expr.Ternary(line, test, e, no);
        }
        return e;
    }

    Expr or() {
        Expr e = and();
        while (words.isName("or")) e = new Expr.Binary(words.next().line(), "or", e, and());
        return e;
    }

    private Expr and() {
        Expr e = not();
        while (words.isName("and")) e = new Expr.Binary(words.next().line(), "and", e, not());
        return e;
    }

    private Expr not() {
        if (!words.isName("not")) return compare();
        int line = words.next().line();
        words.enter();
        Expr operand = not();
        words.leave();
        return new Expr.Unary(line, "not", operand);
    }

    private Expr compare() {
        int line = words.line();
        Expr first = sum();
        List<Expr.Link> links = new ArrayList<>();
        while (true) {
            Token t = words.peek();
            if (t.kind() == Kind.OPERATOR && COMPARISONS.contains(t.text())) {
                links.add(new Expr.Link(words.next().text(), sum()));
            } else if (words.skipName("in")) {
                links.add(new Expr.Link("in", sum()));
            } else if (words.isName("not") && words.peekNext().name("in")) {
                words.next();
                words.next();
                links.add(new Expr.Link("not in", sum()));
            } else {
                return links.isEmpty() ? first : new Expr.Compare(line, first, links);
            }
        }
    }

    private Expr sum() {
        Expr e = concat();
        while (words.isOp("+") || words.isOp("-")) {
            Token op = words.next();
            e = new Expr.Binary(op.line(), op.text(), e, concat());
        }
        return e;
    }

    private Expr concat() {
        int line = words.line();
        Expr first = product();
        if (!words.isOp("~")) return first;
        List<Expr> parts = new ArrayList<>(List.of(first));
        while (words.skipOp("~")) parts.add(product());
        return new Expr.Concat(line, parts);
    }

    private Expr product() {
        Expr e = power();
        while (words.peek().kind() == Kind.OPERATOR
                && PRODUCTS.contains(words.peek().text())) {
            Token op = words.next();
            e = new Expr.Binary(op.line(), op.text(), e, power());
        }
        return e;
    }

    private Expr power() {
        Expr e = unary(true);
        while (words.isOp("**")) e = new Expr.Binary(words.next().line(), "**", e, unary(true));
        return e;
    }

    private Expr unary(boolean withFilters) {
        Expr e;
        if (words.isOp("-") || words.isOp("+")) {
            Token op = words.next();
            words.enter();
            e = new Expr.Unary(op.line(), op.text(), unary(false));
            words.leave();
        } else {
            e = primary();
        }
        e = postfix(e);
        return withFilters ? filters(e) : e;
    }

    private Expr primary() {
        Token t = words.peek();
        return switch (t.kind()) {
            case NAME -> named(words.next());
            case STRING -> {
                var sb = new StringBuilder();
                while (words.peek().kind() == Kind.STRING)
                    sb.append(words.next().text());
                yield new Const(t.line(), sb.toString());
            }
            case INTEGER, FLOAT -> new Const(t.line(), number(words.next()));
            default -> {
                if (words.isOp("[")) yield list();
                if (words.isOp("{")) yield dict();
                if (!words.skipOp("(")) throw words.expected("an expression");
                yield parenthesised(t.line());
            }
        };
    }

    private Expr parenthesised(int line) {
        if (words.skipOp(")")) return new Expr.Sequence(line, List.of(), true);
        Expr e = tuple(true);
        words.expectOp(")");
        return e;
    }

    private static Expr named(Token t) {
        return switch (t.text()) {
            case "true", "True" -> new Const(t.line(), true);
            case "false", "False" -> new Const(t.line(), false);
            case "none", "None" -> new Const(t.line(), None.NONE);
            default -> new Expr.Name(t.line(), t.text());
        };
    }

    private Object number(Token t) {
        String digits = t.text().replace("_", "");
        try {
            if (t.kind() == Kind.FLOAT) return Double.parseDouble(digits);
            int radix = digits.length() < 2
                    ? 10
                    : "xX".indexOf(digits.charAt(1)) >= 0
                            ? 16
                            : "oO".indexOf(digits.charAt(1)) >= 0 ? 8 : "bB".indexOf(digits.charAt(1)) >= 0 ? 2 : 10;
            return Long.parseLong(radix == 10 ? digits : digits.substring(2), radix);
        } catch (NumberFormatException e) {
            throw words.fail("number " + t.text() + " is too large, expected 64 bits");
        }
    }

    private Expr list() {
        int line = words.next().line();
        List<Expr> items = new ArrayList<>();
        while (!words.isOp("]")) {
            items.add(expression());
            if (!words.skipOp(",")) break;
        }
        words.expectOp("]");
        return new Expr.Sequence(line, items, false);
    }

    private Expr dict() {
        int line = words.next().line();
        List<Expr> keys = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (!words.isOp("}")) {
            keys.add(expression());
            words.expectOp(":");
            values.add(expression());
            if (!words.skipOp(",")) break;
        }
        words.expectOp("}");
        return new Expr.Dict(line, keys, values);
    }

    Expr postfix(Expr start) {
        Expr e = start;
        while (true) {
            Token t = words.peek();
            if (words.skipOp(".")) e = dotted(t.line(), e);
            else if (words.skipOp("[")) e = subscript(t.line(), e);
            else if (words.isOp("(")) e = new Expr.Call(t.line(), e, arguments());
            else return e;
        }
    }

    private Expr dotted(int line, Expr target) {
        Token t = words.peek();
        if (t.kind() == Kind.INTEGER) return new Expr.Item(line, target, new Const(line, number(words.next())));
        return new Expr.Attribute(line, target, words.expectName());
    }

    private Expr subscript(int line, Expr target) {
        Expr none = new Const(line, None.NONE);
        Expr start = words.isOp(":") ? none : expression();
        if (words.skipOp("]")) return new Expr.Item(line, target, start);
        words.expectOp(":");
        Expr stop = words.isOp(":") || words.isOp("]") ? none : expression();
        Expr step = words.skipOp(":") && !words.isOp("]") ? expression() : none;
        words.expectOp("]");
        return new Expr.Slice(line, target, start, stop, step);
    }

    /// `(a, *list, name=b, **map)`: after `*` come names, after `**` nothing.
    Arguments arguments() {
        words.expectOp("(");
        List<Expr> values = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Expr> list = new ArrayList<>();
        List<Expr> map = new ArrayList<>();
        while (!words.isOp(")")) {
            if (!map.isEmpty()) throw words.expected("')' (after '**')");
            boolean named = words.peek().kind() == Kind.NAME && words.peekNext().op("=");
            if (words.skipOp("**")) {
                map.add(expression());
            } else if (words.isOp("*")) {
                if (!list.isEmpty()) throw words.expected("one '*' at most");
                words.next();
                list.add(expression());
            } else if (named) {
                names.add(words.expectName());
                words.expectOp("=");
                values.add(expression());
            } else {
                if (!names.isEmpty()) throw words.expected("a named argument (after named ones)");
                if (!list.isEmpty()) throw words.expected("a named argument (after '*')");
                values.add(expression());
            }
            if (!words.skipOp(",")) break;
        }
        words.expectOp(")");
        return new Arguments(values, names, new Expr.Stars(list, map));
    }

    private Expr filters(Expr start) {
        Expr e = start;
        while (true) {
            if (words.isOp("|")) e = filter(e);
            else if (words.isName("is")) e = test(e);
            else if (words.isOp("(")) e = new Expr.Call(words.line(), e, arguments());
            else return e;
        }
    }

    /// One filter, from its `|` on.
    Expr.Filter filter(Expr target) {
        words.expectOp("|");
        return filterName(target);
    }

    Expr.Filter filterName(Expr target) {
        int line = words.line();
        String name = words.expectName();
        if (!Filters.exists(name)) throw words.fail("filter '" + name + "' is not known");
        return new Expr.Filter(line, target, name, words.isOp("(") ? arguments() : Arguments.NONE);
    }

    private Expr test(Expr target) {
        int line = words.next().line();
        boolean negated = words.skipName("not");
        String name = words.expectName();
        if (!Tests.exists(name)) throw words.fail("test '" + name + "' is not known");
        Arguments args = Arguments.NONE;
        if (words.isOp("(")) args = arguments();
        else if (startsOperand()) args = Arguments.of(List.of(postfix(primary())));
        Expr e = new Expr.Test(line, target, name, args);
        return negated ? new Expr.Unary(line, "not", e) : e;
    }

    private boolean startsOperand() {
        Token t = words.peek();
        return switch (t.kind()) {
            case NAME -> !Set.of("else", "or", "and", "is", "if", "in", "not").contains(t.text());
            case STRING, INTEGER, FLOAT -> true;
            default -> t.op("[") || t.op("{");
        };
    }
}
