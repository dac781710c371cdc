package dev.gradine.data;

import tools.jackson.core.JacksonException;

/// What is wrong with a JSON text, in one line and in words that are not a library's.
public final class JsonFault {

    private static final int LONGEST = 200;

    private JsonFault() {}

    /// The cause, without where the text came from and without names of the reader's classes and features.
    public static String cause(JacksonException e) {
        String message = String.valueOf(e.getOriginalMessage())
                .replaceAll(" \\(start marker at \\[Source: [^\\]]*\\]\\)", "")
                .replaceAll("(?s) ?at \\[Source: .*?\\]", "")
                .replaceAll(", from `StreamReadConstraints[^`]*`|: not allowed as per `DeserializationFeature.*", "")
                .replaceAll(": enable `[^`]*` to allow", ", which JSON does not have")
                .replaceAll("Trailing token .*", "text after the end, expected one value")
                .replaceAll("`JsonToken\\.|`tools\\.jackson\\.databind\\.|`", "")
                .lines()
                .findFirst()
                .orElse("");
        return message.length() > LONGEST ? message.substring(0, LONGEST) + " ..." : message;
    }
}
