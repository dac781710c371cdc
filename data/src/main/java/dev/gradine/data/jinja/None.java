package dev.gradine.data.jinja;

/// Python's `None`, and JSON's `null`, as a template sees it.
public enum None {
    /// The only one.
    NONE;

    @Override
    public String toString() {
        return "None";
    }
}
