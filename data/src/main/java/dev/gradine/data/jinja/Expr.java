package dev.gradine.data.jinja;

import java.util.List;

/// An expression of the template language. `line` is the template's, from 1.
sealed interface Expr {
    int line();

    record Const(int line, Object value) implements Expr {}

    record Name(int line, String name) implements Expr {}

    record Sequence(int line, List<Expr> items, boolean tuple) implements Expr {}

    record Dict(int line, List<Expr> keys, List<Expr> values) implements Expr {}

    record Attribute(int line, Expr target, String name) implements Expr {}

    record Item(int line, Expr target, Expr index) implements Expr {}

    /// `target[start:stop:step]`; an absent bound is `None`.
    record Slice(int line, Expr target, Expr start, Expr stop, Expr step) implements Expr {}

    record Unary(int line, String op, Expr operand) implements Expr {}

    /// Arithmetic, and the short-circuiting `and` and `or`.
    record Binary(int line, String op, Expr left, Expr right) implements Expr {}

    record Concat(int line, List<Expr> parts) implements Expr {}

    /// `first op1 a op2 b …`, true if every link holds.
    record Compare(int line, Expr first, List<Link> links) implements Expr {}

    /// One comparison in a chain.
    record Link(String op, Expr right) {}

    record Ternary(int line, Expr test, Expr yes, Expr no) implements Expr {}

    record Filter(int line, Expr target, String name, Arguments args) implements Expr {}

    record Test(int line, Expr target, String name, Arguments args) implements Expr {}

    record Call(int line, Expr target, Arguments args) implements Expr {}

    /// Arguments as written; `names` belong to the last `names.size()` of the values.
    ///
    /// @param stars the operands of `*` and `**`
    record Arguments(List<Expr> values, List<String> names, Stars stars) {
        static final Arguments NONE = of(List.of());

        static Arguments of(List<Expr> values) {
            return new Arguments(values, List.of(), new Stars(List.of(), List.of()));
        }
    }

    /// `f(*list, **map)`: further arguments from a list and a map; each is one or none.
    record Stars(List<Expr> list, List<Expr> map) {}
}
