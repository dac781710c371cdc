package dev.gradine.data.jinja;

import dev.gradine.data.jinja.Stmt.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Runs statements and collects what they print.
final class Renderer {
    private final Evaluator evaluator;
    private final Budget budget;
    private final List<Rendered.Range> generations = new ArrayList<>();
    private BoundedText out;
    private int captures;
    private final boolean strict;

    /// @param strict whether printing what does not exist is an error
    Renderer(Evaluator evaluator, boolean strict) {
        this.evaluator = evaluator;
        this.strict = strict;
        this.budget = evaluator.budget();
        this.out = new BoundedText(budget);
    }

    /// How a statement ended.
    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    Rendered render(List<Stmt> body, Scope scope) {
        run(body, scope);
        return new Rendered(out.toString(), generations);
    }

    private Flow run(List<Stmt> body, Scope scope) {
        for (Stmt s : body) {
            budget.enter();
            evaluator.at(s.line());
            Flow flow = run(s, scope);
            budget.leave();
            if (flow != Flow.ON) return flow;
        }
        return Flow.ON;
    }

    private Flow run(Stmt s, Scope scope) {
        switch (s) {
            case Stmt.Text t -> print(t.text());
            case Stmt.Output o -> print(printed(evaluator.eval(o.value(), scope)));
            case Stmt.If i -> {
                return run(chosen(i, scope), scope);
            }
            case Stmt.For f -> loop(f, evaluator.plain(f.items(), scope), scope, 0);
            case Stmt.Set set -> assign(set.target(), evaluator.eval(set.value(), scope), scope);
            case Stmt.SetBlock b ->
                assign(b.target(), filtered(b.filters(), capture(b.body(), scope.inner()), scope), scope);
            case Stmt.FilterBlock b ->
                print(PyText.str(filtered(b.filters(), capture(b.body(), scope.inner()), scope), budget));
            case Stmt.Macro m -> scope.set(m.name(), macro(m.name(), m.parameters(), m.body(), scope));
            case Stmt.CallBlock c -> {
                Callable caller = macro("caller", c.parameters(), c.body(), scope);
                Args extra = new Args(List.of(), Map.of("caller", caller));
                print(PyText.str(evaluator.call(c.call(), scope, extra), budget));
            }
            case Stmt.With w -> {
                Scope inner = scope.inner();
                for (Stmt.Set set : w.sets()) assign(set.target(), evaluator.eval(set.value(), scope), inner);
                return run(w.body(), inner);
            }
            case Stmt.Do d -> evaluator.eval(d.value(), scope);
            case Stmt.Generation g -> generation(g, scope);
            case Stmt.Jump j -> {
                return j.leaves() ? Flow.BREAK : Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private String printed(Object value) {
        if (strict && value instanceof Undefined u) throw u.fault();
        return PyText.str(value, budget);
    }

    private void print(String text) {
        out.append(text);
    }

    private List<Stmt> chosen(Stmt.If s, Scope scope) {
        for (Stmt.Branch b : s.branches()) if (Values.truth(evaluator.eval(b.test(), scope))) return b.body();
        return s.otherwise();
    }

    private void loop(Stmt.For f, Object value, Scope scope, int depth) {
        if (depth > 0) budget.enter();
        List<?> items = chosen(f, value, scope);
        Callable again = args -> {
            if (!f.body().recursive()) throw new Fault("the loop is not marked recursive, so it cannot be called");
            Object inner = args.bind("loop", "items").get(0);
            return captured(() -> loop(f, inner, scope, depth + 1));
        };
        var state = new LoopState(items, depth, again, budget);
        while (state.advance()) {
            Scope inner = scope.inner();
            inner.set("loop", state);
            assign(f.target(), state.current(), inner);
            if (run(f.body().body(), inner) == Flow.BREAK) break;
        }
        if (items.isEmpty()) run(f.body().otherwise(), scope.inner());
        if (depth > 0) budget.leave();
    }

    /// The items that the condition lets through.
    private List<?> chosen(Stmt.For f, Object value, Scope scope) {
        List<?> all = value instanceof List<?> list ? list : Values.items(value, budget);
        if (f.condition() instanceof Expr.Const c && Values.truth(c.value())) return all;
        List<Object> items = new ArrayList<>();
        for (Object item : all) {
            Scope trial = scope.inner();
            assign(f.target(), item, trial);
            if (Values.truth(evaluator.eval(f.condition(), trial))) items.add(item);
        }
        budget.items(items.size());
        return items;
    }

    private void assign(Target target, Object value, Scope scope) {
        switch (target) {
            case Target.Variable v -> scope.set(v.name(), value);
            case Target.Field f -> {
                Object object = scope.get(f.object());
                if (object instanceof Undefined u) throw u.fault();
                if (!(object instanceof Namespace n))
                    throw new Fault("cannot assign attribute on non-namespace object");
                n.set(f.name(), value);
            }
            case Target.Unpack u -> {
                List<Object> items = Values.items(value, budget);
                if (items.size() != u.targets().size()) {
                    throw new Fault("cannot unpack " + items.size() + " values, expected "
                            + u.targets().size());
                }
                for (int i = 0; i < items.size(); i++) assign(u.targets().get(i), items.get(i), scope);
            }
        }
    }

    private Object filtered(List<Expr.Filter> filters, Object value, Scope scope) {
        Object v = value;
        for (Expr.Filter f : filters) v = evaluator.filter(f, v, scope);
        return v;
    }

    private String capture(List<Stmt> body, Scope scope) {
        return captured(() -> run(body, scope));
    }

    private String captured(Runnable body) {
        BoundedText outer = out;
        out = new BoundedText(budget);
        captures++;
        try {
            body.run();
            return out.toString();
        } finally {
            captures--;
            out = outer;
        }
    }

    private Callable macro(String name, Stmt.Parameters parameters, List<Stmt> body, Scope definedIn) {
        return args -> {
            budget.enter();
            int line = evaluator.line();
            Scope scope = definedIn.inner();
            bind(name, parameters, args, scope);
            String text = capture(body, scope);
            evaluator.at(line);
            budget.leave();
            return text;
        };
    }

    private void bind(String name, Stmt.Parameters parameters, Args args, Scope scope) {
        List<String> names = parameters.names();
        if (args.positional().size() > names.size()) {
            throw new Fault("macro '" + name + "' takes not more than " + names.size() + " argument(s)");
        }
        for (String given : args.named().keySet()) {
            if (!names.contains(given) && !given.equals("caller")) {
                throw new Fault("macro '" + name + "' takes no keyword argument '" + given + "'");
            }
        }
        if (args.named().containsKey("caller")) scope.set("caller", args.named().get("caller"));
        int required = names.size() - parameters.defaults().size();
        for (int i = 0; i < names.size(); i++) {
            String p = names.get(i);
            Object value;
            if (i < args.positional().size()) value = args.positional().get(i);
            else if (args.named().containsKey(p)) value = args.named().get(p);
            else if (i < required) value = new Undefined("parameter '" + p + "' was not provided");
            else value = evaluator.eval(parameters.defaults().get(i - required), scope);
            scope.set(p, value);
        }
    }

    private void generation(Stmt.Generation g, Scope scope) {
        if (captures > 0) throw new Fault("generation block stands inside a macro or block that is captured");
        int start = out.length();
        run(g.body(), scope.inner());
        generations.add(new Rendered.Range(start, out.length()));
    }
}
