package dev.gradine.lab;

import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/// What must show in the table of a seed for a claim to hold there.
///
/// @param text as a reader is told it
/// @param shows whether it does
public record Expectation(String text, Predicate<Table> shows) {

    /// The numbers of a column fall strictly from row to row: `a > b > c`. A number that is none lies nowhere.
    public static Expectation falling(String column, String... rows) {
        return falling(column, List.of(rows), (t, row) -> t.at(row, column));
    }

    /// The numbers of a row fall strictly from column to column.
    public static Expectation fallingAlong(String row, String... columns) {
        return falling(row, List.of(columns), (t, column) -> t.at(row, column));
    }

    private static Expectation falling(String of, List<String> names, ToDoubleBiFunction<Table, String> at) {
        return new Expectation(of + ": " + String.join(" > ", names), t -> {
            for (int i = 1; i < names.size(); i++) {
                if (!(at.applyAsDouble(t, names.get(i - 1)) > at.applyAsDouble(t, names.get(i)))) return false;
            }
            return true;
        });
    }

    /// A number lies within `by` of another.
    ///
    /// @param text what the number is
    public static Expectation near(String text, double number, double by, ToDoubleFunction<Table> of) {
        return new Expectation(
                "%s: %s ± %s".formatted(text, plain(number), plain(by)),
                t -> Math.abs(of.applyAsDouble(t) - number) <= by);
    }

    private static String plain(double x) {
        return x == Math.rint(x) ? Long.toString((long) x) : Double.toString(x);
    }
}
