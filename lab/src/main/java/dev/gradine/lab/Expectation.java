package dev.gradine.lab;

import java.util.List;
import java.util.function.Predicate;

/// What must show in the table of a seed for a claim to hold there.
///
/// @param text as a reader is told it
/// @param shows whether it does
public record Expectation(String text, Predicate<Table> shows) {

    /// The numbers of a column fall strictly from row to row: `a > b > c`. A number that is none lies nowhere.
    public static Expectation falling(String column, String... rows) {
        List<String> all = List.of(rows);
        return new Expectation(column + ": " + String.join(" > ", all), t -> falls(t, column, all));
    }

    private static boolean falls(Table t, String column, List<String> rows) {
        for (int i = 1; i < rows.size(); i++) {
            if (!(t.at(rows.get(i - 1), column) > t.at(rows.get(i), column))) return false;
        }
        return true;
    }

    /// A number lies within `by` of another.
    ///
    /// @param text what the number is
    public static Expectation near(
            String text, double number, double by, java.util.function.ToDoubleFunction<Table> of) {
        return new Expectation(
                "%s: %s ± %s".formatted(text, plain(number), plain(by)),
                t -> Math.abs(of.applyAsDouble(t) - number) <= by);
    }

    private static String plain(double x) {
        return x == Math.rint(x) ? Long.toString((long) x) : Double.toString(x);
    }
}
