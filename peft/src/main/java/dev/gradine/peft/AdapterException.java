package dev.gradine.peft;

import dev.gradine.tensor.Shape;

/// An adapter that does not fit its model or its configuration.
public final class AdapterException extends IllegalArgumentException {

    /// @param message names the module or field, what it is and what was expected
    public AdapterException(String message) {
        super(message);
    }

    /// The same, named after the file or folder that it is about, if it is not yet.
    AdapterException in(Object where) {
        String message = String.valueOf(getMessage());
        return message.startsWith(where.toString()) ? this : new AdapterException(where + ": " + message);
    }

    static void requireShape(String what, Shape got, Shape expected, String because) {
        if (!got.equals(expected)) {
            throw new AdapterException("%s is %s, expected %s (%s)".formatted(what, got, expected, because));
        }
    }
}
