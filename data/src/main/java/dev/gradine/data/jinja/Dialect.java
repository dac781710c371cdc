package dev.gradine.data.jinja;

/// How Jinja is set up.
///
/// @param trims whether the white space goes that a block leaves behind: `trim_blocks` and
///     `lstrip_blocks`, and one newline at the end of the template
/// @param strict whether printing what does not exist is an error: `StrictUndefined`
public record Dialect(boolean trims, boolean strict) {

    /// As transformers reads chat templates.
    public static final Dialect CHAT = new Dialect(true, false);

    /// As lm-evaluation-harness reads the templates of tasks: all white space stays, and a name that is
    /// wrong is told.
    public static final Dialect TASK = new Dialect(false, true);
}
