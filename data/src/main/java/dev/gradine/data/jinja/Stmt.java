package dev.gradine.data.jinja;

import java.util.List;

/// A statement of the template language. `line` is the template's, from 1.
sealed interface Stmt {
    int line();

    record Text(int line, String text) implements Stmt {}

    record Output(int line, Expr value) implements Stmt {}

    record If(int line, List<Branch> branches, List<Stmt> otherwise) implements Stmt {}

    /// One `if` or `elif`.
    record Branch(Expr test, List<Stmt> body) {}

    /// A loop; `condition` is constant true where there is none.
    record For(int line, Target target, Expr items, Expr condition, Body body) implements Stmt {}

    /// What a loop does with its items, and without any.
    record Body(List<Stmt> body, List<Stmt> otherwise, boolean recursive) {}

    record Set(int line, Target target, Expr value) implements Stmt {}

    /// `{% set x | filters %}body{% endset %}`.
    record SetBlock(int line, Target target, List<Expr.Filter> filters, List<Stmt> body) implements Stmt {}

    record FilterBlock(int line, List<Expr.Filter> filters, List<Stmt> body) implements Stmt {}

    record Macro(int line, String name, Parameters parameters, List<Stmt> body) implements Stmt {}

    /// `{% call(parameters) macro(…) %}body{% endcall %}`.
    record CallBlock(int line, Parameters parameters, Expr.Call call, List<Stmt> body) implements Stmt {}

    /// Names of a macro's parameters; `defaults` belong to the last of them.
    record Parameters(List<String> names, List<Expr> defaults) {}

    record With(int line, List<Set> sets, List<Stmt> body) implements Stmt {}

    record Do(int line, Expr value) implements Stmt {}

    /// What the model is to generate; its place in the output is reported.
    record Generation(int line, List<Stmt> body) implements Stmt {}

    record Jump(int line, boolean leaves) implements Stmt {}

    /// Where a value is stored.
    sealed interface Target {
        record Variable(String name) implements Target {}

        record Field(String object, String name) implements Target {}

        record Unpack(List<Target> targets) implements Target {}
    }
}
