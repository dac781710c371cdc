package dev.gradine.data.jinja;

/// A text that grows; every character is accounted for before it is written.
final class BoundedText {
    private final StringBuilder out = new StringBuilder();
    private final Budget budget;

    BoundedText(Budget budget) {
        this.budget = budget;
    }

    BoundedText append(String s) {
        budget.write(out.length(), s.length());
        out.append(s);
        return this;
    }

    BoundedText append(String s, int from, int to) {
        budget.write(out.length(), to - from);
        out.append(s, from, to);
        return this;
    }

    BoundedText append(char c) {
        budget.write(out.length(), 1);
        out.append(c);
        return this;
    }

    BoundedText appendCodePoint(int c) {
        budget.write(out.length(), Character.charCount(c));
        out.appendCodePoint(c);
        return this;
    }

    /// Appends `digits` hexadecimal digits of `n`.
    BoundedText hex(int n, int digits) {
        for (int i = digits - 1; i >= 0; i--) append(Character.forDigit((n >>> (4 * i)) & 15, 16));
        return this;
    }

    int length() {
        return out.length();
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
