package dev.gradine.data.jinja;

/// A template that cannot be read or rendered: which line, and why.
public final class TemplateException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final int line;
    private final String reason;

    /// Makes an error.
    ///
    /// @param name what the template is called in messages
    /// @param line line of the template, from 1
    /// @param reason cause in one line
    public TemplateException(String name, int line, String reason) {
        super(name + ": line " + line + ": " + oneLine(reason));
        this.line = line;
        this.reason = reason;
    }

    /// Makes an error of which no line of a template is the cause.
    ///
    /// @param reason the whole message
    public TemplateException(String reason) {
        super(oneLine(reason));
        this.line = 0;
        this.reason = reason;
    }

    /// What a message quotes of a template may have line breaks; a message has none.
    private static String oneLine(String reason) {
        return reason.replaceAll("\\s*\\R\\s*", " ");
    }

    /// The line of the template, from 1; 0 if none is the cause.
    public int line() {
        return line;
    }

    /// The cause alone; for `raise_exception` the template's own words.
    public String reason() {
        return reason;
    }
}
