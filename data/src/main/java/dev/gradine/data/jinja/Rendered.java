package dev.gradine.data.jinja;

import java.util.List;

/// What a template made.
///
/// @param text the output
/// @param generations where the output of `{% generation %}` blocks stands in it, in order
public record Rendered(String text, List<Range> generations) {
    /// Copies the list.
    public Rendered {
        generations = List.copyOf(generations);
    }

    /// A stretch of text.
    ///
    /// @param start first UTF-16 unit
    /// @param end one past the last
    public record Range(int start, int end) {}
}
