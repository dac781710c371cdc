package dev.gradine.data.jinja;

/// What one rendering has spent of its [Limits]: steps, bytes, depth.
///
/// A step is an expression or a statement. Other work is counted in characters: 64 that are looked at are a step, and
/// so are 8 that are looked at one by one, 16 that are written, or 4 entries of a list.
final class Budget {
    private static final int STEP = 64;
    private static final int ONE_BY_ONE = 8;
    private static final int WRITTEN = 4;
    private static final int ENTRY = 16;

    /// Texts and lists made on the way, thrown away ones included, may add up to this many times the longest text.
    private static final int MADE = 6;

    /// What a string or an entry of a list takes besides its characters.
    private static final int OBJECT_BYTES = 48;

    private final Limits limits;
    private int depth;
    private long work;
    private long bytes;

    Budget(Limits limits) {
        this.limits = limits;
    }

    void step() {
        spend(STEP);
    }

    private void spend(long amount) {
        work += amount;
        if (work > limits.steps() * STEP) throw new Fault("takes more than " + limits.steps() + " steps");
    }

    private void make(long amount) {
        bytes += amount;
        if (bytes > (long) MADE * limits.chars()) {
            throw new Fault("makes more than " + (long) MADE * limits.chars() + " bytes of texts and lists in all");
        }
    }

    void enter() {
        if (++depth > limits.depth()) throw new Fault("nests deeper than " + limits.depth() + " levels");
        step();
    }

    void leave() {
        depth--;
    }

    /// Accounts for looking at `length` characters, many at a time.
    void scan(long length) {
        spend(length);
    }

    /// Accounts for looking at `length` characters one by one.
    void compare(long length) {
        spend(ONE_BY_ONE * length);
    }

    /// Accounts for a text of `length` before it is made.
    void text(long length) {
        longest(length);
        spend(WRITTEN * length);
        make(length + OBJECT_BYTES);
    }

    /// Accounts for writing `more` characters behind the `length` that a text has.
    void write(long length, long more) {
        longest(length + more);
        spend(WRITTEN * more);
        make(more);
    }

    /// Refuses a text of `length`, which is otherwise accounted for.
    void longest(long length) {
        if (length > limits.chars()) throw new Fault("makes a text longer than " + limits.chars() + " characters");
    }

    /// Accounts for a range, which is not stored.
    void range(long size) {
        if (size > Limits.ITEMS)
            throw new Fault("makes a list of " + size + " items, expected at most " + Limits.ITEMS);
        step();
    }

    /// Accounts for a list of `size` before it is made.
    void items(long size) {
        range(size);
        spend(STEP + ENTRY * size);
        make(OBJECT_BYTES * (size + 1));
    }
}
