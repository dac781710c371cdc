package dev.gradine.data.jinja;

/// Something went wrong inside an operation that does not know the template's line; the renderer adds it.
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final int LONGEST = 400;

    Fault(String message) {
        super(clipped(message), null, false, false);
    }

    /// A text that a message may quote: cut if it is long.
    static String clipped(String s) {
        return s.length() <= LONGEST ? s : s.substring(0, LONGEST) + "…";
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
