package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Computes expressions. Keeps the line it is at, for messages.
final class Evaluator {
    /// What looking for a name in a scope costs, in characters that are compared.
    private static final long LOOK_UP = 4;

    private final Budget budget;
    private final Operators operators;
    private final Members members;
    private final Tests tests;
    private final Filters filters;
    private int line = 1;

    Evaluator(Budget budget) {
        this.budget = budget;
        this.operators = new Operators(budget);
        this.members = new Members(budget);
        this.tests = new Tests(operators, budget);
        this.filters = new Filters(operators, tests, budget);
    }

    Budget budget() {
        return budget;
    }

    int line() {
        return line;
    }

    void at(int templateLine) {
        line = templateLine;
    }

    Object eval(Expr e, Scope scope) {
        budget.enter();
        line = e.line();
        Object v = compute(e, scope);
        line = e.line();
        budget.leave();
        return v;
    }

    /// The value, with the mark of `safe` taken off.
    Object plain(Expr e, Scope scope) {
        return Markup.plain(eval(e, scope));
    }

    private Object compute(Expr e, Scope scope) {
        return switch (e) {
            case Expr.Const c -> c.value();
            case Expr.Name n -> {
                budget.scan(LOOK_UP * scope.depth());
                yield scope.get(n.name());
            }
            case Expr.Sequence s -> {
                List<Object> items = all(s.items(), scope);
                yield s.tuple() ? new Tuple(items) : items;
            }
            case Expr.Dict d -> dict(d, scope);
            case Expr.Attribute a -> members.attribute(plain(a.target(), scope), a.name());
            case Expr.Item i -> members.item(plain(i.target(), scope), plain(i.index(), scope));
            case Expr.Slice s ->
                members.slice(
                        plain(s.target(), scope), eval(s.start(), scope), eval(s.stop(), scope), eval(s.step(), scope));
            case Expr.Unary u -> unary(u.op(), eval(u.operand(), scope));
            case Expr.Binary b -> binary(b, scope);
            case Expr.Concat c -> concat(c, scope);
            case Expr.Compare c -> compare(c, scope);
            case Expr.Ternary t -> Values.truth(eval(t.test(), scope)) ? eval(t.yes(), scope) : eval(t.no(), scope);
            case Expr.Filter f -> filter(f, plain(f.target(), scope), scope);
            case Expr.Test t -> tests.test(t.name(), plain(t.target(), scope), arguments(t.args(), scope));
            case Expr.Call c -> call(c, scope, Args.NONE);
        };
    }

    private List<Object> all(List<Expr> exprs, Scope scope) {
        List<Object> out = new ArrayList<>(exprs.size());
        for (Expr e : exprs) out.add(eval(e, scope));
        return out;
    }

    private Map<Object, Object> dict(Expr.Dict d, Scope scope) {
        Map<Object, Object> out = new LinkedHashMap<>();
        for (int i = 0; i < d.keys().size(); i++) {
            out.put(
                    Values.key(plain(d.keys().get(i), scope), budget),
                    eval(d.values().get(i), scope));
        }
        return out;
    }

    private static Object unary(String op, Object v) {
        return switch (op) {
            case "not" -> !Values.truth(v);
            case "-" -> Operators.negate(v);
            default -> Operators.negate(Operators.negate(v));
        };
    }

    private Object binary(Expr.Binary b, Scope scope) {
        Object left = eval(b.left(), scope);
        boolean and = b.op().equals("and");
        if (and || b.op().equals("or")) return Values.truth(left) == and ? eval(b.right(), scope) : left;
        Object right = eval(b.right(), scope);
        line = b.line();
        return operators.apply(b.op(), left, right);
    }

    private String concat(Expr.Concat c, Scope scope) {
        var out = new BoundedText(budget);
        for (Expr part : c.parts()) out.append(PyText.str(eval(part, scope), budget));
        return out.toString();
    }

    private boolean compare(Expr.Compare c, Scope scope) {
        Object left = plain(c.first(), scope);
        for (Expr.Link link : c.links()) {
            Object right = plain(link.right(), scope);
            line = c.line();
            if (!operators.compare(link.op(), left, right)) return false;
            left = right;
        }
        return true;
    }

    /// Applies a filter to a value; the filter's own target is not looked at.
    Object filter(Expr.Filter f, Object value, Scope scope) {
        Args args = arguments(f.args(), scope);
        line = f.line();
        return filters.apply(f.name(), value, args);
    }

    /// Calls with `extra` named arguments besides those written.
    Object call(Expr.Call c, Scope scope, Args extra) {
        Object target = eval(c.target(), scope);
        Args written = arguments(c.args(), scope);
        line = c.line();
        if (target instanceof Undefined u) throw u.fault();
        Map<String, Object> named = new LinkedHashMap<>(written.named());
        named.putAll(extra.named());
        Args args = new Args(written.positional(), named);
        if (target instanceof LoopState loop) return loop.again().call(args);
        if (target instanceof Callable callable) return callable.call(args);
        throw new Fault("'" + Values.type(target) + "' object is not callable");
    }

    private Args arguments(Expr.Arguments written, Scope scope) {
        var args = new Args.Builder();
        int positional = written.values().size() - written.names().size();
        for (int i = 0; i < positional; i++) args.add(plain(written.values().get(i), scope));
        for (Expr list : written.stars().list()) {
            Object items = plain(list, scope);
            if (items instanceof Undefined u) throw u.fault();
            Values.items(items, budget).forEach(args::add);
        }
        for (int i = positional; i < written.values().size(); i++) {
            args.add(written.names().get(i - positional), plain(written.values().get(i), scope));
        }
        for (Expr map : written.stars().map()) addNamed(plain(map, scope), args);
        return args.build();
    }

    private void addNamed(Object map, Args.Builder args) {
        if (map instanceof Undefined u) throw u.fault();
        if (!(map instanceof Map<?, ?> m)) {
            throw new Fault("argument after ** must be a mapping, not " + Values.type(map));
        }
        budget.items(m.size());
        for (var e : m.entrySet()) {
            if (!(e.getKey() instanceof String name)) throw new Fault("keywords must be strings");
            args.add(name, e.getValue());
        }
    }
}
