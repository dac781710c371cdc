package dev.gradine.lab.page;

import java.util.Map;

/// What was measured of one thing: a row of a page, and a line of JSON.
public interface PageRow {

    /// Of what.
    String name();

    /// All of it by name.
    Map<String, Object> json();

    /// A number of a row's JSON.
    ///
    /// @throws IllegalArgumentException if it is missing, or no number
    static double number(Map<String, Object> json, String name) {
        if (json.get(name) instanceof Number n) return n.doubleValue();
        throw new IllegalArgumentException("row: %s is %s, expected a number".formatted(name, json.get(name)));
    }

    /// A text of a row's JSON.
    ///
    /// @throws IllegalArgumentException if it is missing, or no text
    static String text(Map<String, Object> json, String name) {
        if (json.get(name) instanceof String s) return s;
        throw new IllegalArgumentException("row: %s is %s, expected a text".formatted(name, json.get(name)));
    }
}
