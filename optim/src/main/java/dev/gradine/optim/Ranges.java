package dev.gradine.optim;

/// Numbers that must lie in a range.
final class Ranges {

    private Ranges() {}

    /// @throws IllegalArgumentException says `name: value, expected …` unless `ok`
    static void require(String name, Object value, boolean ok, String expected) {
        if (!ok) throw new IllegalArgumentException("%s: %s, expected %s".formatted(name, value, expected));
    }
}
