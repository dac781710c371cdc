package dev.gradine.arch;

/// One place where a rule is broken.
///
/// @param path the file
/// @param line counted from 1
/// @param rule which check, one or two words
/// @param text what is there and what was expected
record Finding(String path, long line, String rule, String text) {

    @Override
    public String toString() {
        return path + ":" + line + ": " + rule + ": " + text;
    }
}
