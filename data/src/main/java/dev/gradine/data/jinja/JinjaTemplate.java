package dev.gradine.data.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A parsed Jinja template. Immutable; may be rendered by several threads at once.
///
/// Undefined names print as nothing, unless the dialect is strict, and are false; using one otherwise
/// (an attribute of it, arithmetic) is an error
/// that names it. Values of variables are data: template syntax in them has no effect.
public final class JinjaTemplate {
    private static final int MAX_SOURCE = 1 << 21;

    private final String name;
    private final List<Stmt> body;
    private final boolean generating;
    private final boolean strict;

    private JinjaTemplate(String name, List<Stmt> body, boolean strict) {
        this.name = name;
        this.body = body;
        this.generating = hasGeneration(body);
        this.strict = strict;
    }

    /// Reads a chat template.
    ///
    /// @param name what it is called in messages, for example its file
    /// @throws TemplateException naming the line, if it is not a template
    public static JinjaTemplate parse(String name, String source) {
        return parse(name, source, Dialect.CHAT);
    }

    /// Reads a template of another dialect.
    ///
    /// @throws TemplateException naming the line, if it is not a template
    public static JinjaTemplate parse(String name, String source, Dialect dialect) {
        if (source.length() > MAX_SOURCE) {
            throw new TemplateException(
                    name, 1, "source has " + source.length() + " characters, expected at most " + MAX_SOURCE);
        }
        List<Stmt> body = Parser.parse(name, source, dialect.trims());
        return new JinjaTemplate(name, body, dialect.strict());
    }

    /// Whether the template marks what the model is to generate.
    public boolean generating() {
        return generating;
    }

    /// Renders the template.
    ///
    /// @param variables strings, numbers, booleans, null, [None], lists and maps of them
    /// @throws TemplateException naming the line: the template raises an error, misuses a value or
    ///     exceeds the limits
    public Rendered render(Map<String, ? extends @Nullable Object> variables, Limits limits) {
        var evaluator = new Evaluator(new Budget(limits));
        try {
            Scope scope = Globals.scope(evaluator.budget()).inner();
            variables.forEach((key, value) -> scope.set(key, Values.of(value)));
            return new Renderer(evaluator, strict).render(body, scope.inner());
        } catch (Fault e) {
            throw new TemplateException(name, evaluator.line(), e.reason());
        }
    }

    private static boolean hasGeneration(List<Stmt> body) {
        return body.stream().anyMatch(s -> switch (s) {
            case Stmt.Generation _ -> true;
            case Stmt.If i ->
                hasGeneration(i.otherwise()) || i.branches().stream().anyMatch(b -> hasGeneration(b.body()));
            case Stmt.For f ->
                hasGeneration(f.body().body()) || hasGeneration(f.body().otherwise());
            case Stmt.With w -> hasGeneration(w.body());
            default -> false;
        });
    }
}
