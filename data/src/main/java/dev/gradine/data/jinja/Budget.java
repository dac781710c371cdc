package dev.gradine.data.jinja;

/// What one rendering has spent of its [Limits].
final class Budget {
    /// Strings made and thrown away may add up to this many times the longest one allowed.
    private static final int GARBAGE = 32;

    private final Limits limits;
    private int depth;
    private long steps;
    private long chars;

    Budget(Limits limits) {
        this.limits = limits;
    }

    void step() {
        if (++steps > limits.steps()) throw new Fault("takes more than " + limits.steps() + " steps");
    }

    void enter() {
        if (++depth > limits.depth()) throw new Fault("nests deeper than " + limits.depth() + " levels");
        step();
    }

    void leave() {
        depth--;
    }

    /// Accounts for a string of `length` before it is made.
    void text(long length) {
        if (length > limits.chars()) throw new Fault("makes a text longer than " + limits.chars() + " characters");
        chars += length;
        if (chars > (long) GARBAGE * limits.chars()) {
            throw new Fault("makes more than " + (long) GARBAGE * limits.chars() + " characters of text in all");
        }
    }

    /// Accounts for a list of `size` before it is made.
    void items(long size) {
        if (size > Limits.ITEMS)
            throw new Fault("makes a list of " + size + " items, expected at most " + Limits.ITEMS);
        steps += size / 8;
        step();
    }
}
