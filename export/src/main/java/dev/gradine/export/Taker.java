package dev.gradine.export;

/// Whether a program takes what was exported.
///
/// @param program its name
/// @param takes whether it does
/// @param how the way to load it, or why not and what to do
public record Taker(String program, boolean takes, String how) {

    static Taker yes(String program, String how) {
        return new Taker(program, true, how);
    }

    static Taker no(String program, String why) {
        return new Taker(program, false, why);
    }

    @Override
    public String toString() {
        return "%-12s  %-3s  %s".formatted(program, takes ? "yes" : "no", how);
    }
}
