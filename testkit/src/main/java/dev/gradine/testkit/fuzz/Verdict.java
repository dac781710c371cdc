package dev.gradine.testkit.fuzz;

/// What a reader did with one file.
///
/// @param read it took the file; otherwise it refused it or failed
/// @param fault what is wrong with that; empty if nothing is
/// @param nanos how long it took
/// @param bytes what it allocated, and what the process grew by beside it: the larger of the two
public record Verdict(boolean read, String fault, long nanos, long bytes) {

    /// Whether something is wrong.
    public boolean isFault() {
        return !fault.isEmpty();
    }

    /// The same with a fault, unless it has one.
    Verdict or(boolean wrong, String text) {
        return wrong && !isFault() ? new Verdict(read, text, nanos, bytes) : this;
    }
}
