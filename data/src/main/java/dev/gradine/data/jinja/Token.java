package dev.gradine.data.jinja;

/// A word of the template language.
///
/// @param kind what it is
/// @param text the operator or name, the text between tags, the value of a string, the digits of a number
/// @param line line of the template, from 1
record Token(Kind kind, String text, int line) {
    enum Kind {
        DATA,
        BLOCK_BEGIN,
        BLOCK_END,
        OUTPUT_BEGIN,
        OUTPUT_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind k, String t) {
        return kind == k && text.equals(t);
    }

    boolean op(String t) {
        return is(Kind.OPERATOR, t);
    }

    boolean name(String t) {
        return is(Kind.NAME, t);
    }

    String describe() {
        return switch (kind) {
            case END -> "the end of the template";
            case DATA -> "text";
            case BLOCK_END -> "'%}'";
            case OUTPUT_END -> "'}}'";
            default -> "'" + text + "'";
        };
    }
}
