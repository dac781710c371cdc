package dev.gradine.data.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/// The tests behind `is`.
final class Tests {
    private static final Set<String> NAMES = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "mapping",
            "iterable",
            "sequence",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "callable",
            "sameas",
            "equalto",
            "eq",
            "==",
            "ne",
            "!=",
            "lt",
            "lessthan",
            "<",
            "le",
            "<=",
            "gt",
            "greaterthan",
            ">",
            "ge",
            ">=",
            "in",
            "odd",
            "even",
            "divisibleby",
            "lower",
            "upper",
            "filter",
            "test");

    private final Operators operators;
    private final Budget budget;

    Tests(Operators operators, Budget budget) {
        this.operators = operators;
        this.budget = budget;
    }

    static boolean exists(String name) {
        return NAMES.contains(name);
    }

    boolean test(String name, Object v, Args args) {
        return switch (name) {
            case "sameas",
                    "equalto",
                    "eq",
                    "==",
                    "ne",
                    "!=",
                    "lt",
                    "lessthan",
                    "<",
                    "le",
                    "<=",
                    "gt",
                    "greaterthan",
                    ">",
                    "ge",
                    ">=",
                    "in",
                    "divisibleby" -> binary(name, v, args.bind(name, "other").get(0));
            default -> {
                args.bind(name);
                yield unary(name, v);
            }
        };
    }

    private boolean binary(String name, Object v, Object other) {
        return switch (name) {
            case "sameas" -> isSame(v, other);
            case "in" -> operators.contains(other, v);
            case "divisibleby" -> Values.equal(operators.apply("%", v, other), 0L, budget);
            case "equalto", "eq", "==" -> operators.compare("==", v, other);
            case "ne", "!=" -> operators.compare("!=", v, other);
            case "lt", "lessthan", "<" -> operators.compare("<", v, other);
            case "le", "<=" -> operators.compare("<=", v, other);
            case "gt", "greaterthan", ">" -> operators.compare(">", v, other);
            default -> operators.compare(">=", v, other);
        };
    }

    @SuppressWarnings("ReferenceEquality") // identity is what the test is about
    private static boolean isSame(Object a, Object b) {
        return a == b || (isImmutable(a) && a.equals(b));
    }

    private static boolean isImmutable(Object v) {
        return v instanceof Boolean || v instanceof Long || v instanceof String || v instanceof None;
    }

    private boolean unary(String name, Object v) {
        return switch (name) {
            case "defined" -> !(v instanceof Undefined);
            case "undefined" -> v instanceof Undefined;
            case "none" -> v == None.NONE;
            case "string" -> v instanceof String;
            case "mapping" -> v instanceof Map<?, ?>;
            case "iterable" -> Values.isIterable(v);
            case "sequence" ->
                v instanceof String || v instanceof List<?> || v instanceof Map<?, ?> || v instanceof Undefined;
            case "number" -> Values.isNumber(v);
            case "integer" -> v instanceof Long;
            case "float" -> v instanceof Double;
            case "boolean" -> v instanceof Boolean;
            case "true" -> v.equals(true);
            case "false" -> v.equals(false);
            case "callable" -> v instanceof Callable;
            case "odd" -> Values.equal(operators.apply("%", v, 2L), 1L, budget);
            case "even" -> Values.equal(operators.apply("%", v, 2L), 0L, budget);
            case "lower" -> new LetterCase(PyText.str(v, budget), budget).isLower();
            case "upper" -> new LetterCase(PyText.str(v, budget), budget).isUpper();
            case "filter" -> v instanceof String s && Filters.exists(s);
            default -> v instanceof String s && exists(s);
        };
    }
}
