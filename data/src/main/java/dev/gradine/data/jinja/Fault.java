package dev.gradine.data.jinja;

/// Something went wrong inside an operation that does not know the template's line; the renderer adds it.
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    Fault(String message) {
        super(message, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
