package dev.gradine.peft;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;

/// One search for a match: the text, what the groups hold, and the work done so far, which is bounded, as some
/// expressions try a number of ways that doubles with every character.
final class RegexRun {

    /// Thrown when a search has done all the work it may do.
    static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooLong() {
            super("too many steps", null, false, false);
        }
    }

    private static final int STEPS = 300_000;
    private static final int DEPTH = 500;

    private final String text;
    private final int[] starts;
    private final int[] ends;
    private int steps;
    private int depth;

    RegexRun(String text, int groups) {
        this.text = text;
        starts = new int[groups + 1];
        ends = new int[groups + 1];
        Arrays.fill(starts, -1);
    }

    String text() {
        return text;
    }

    /// Does `piece` as a part of a part; counts how much and how deep.
    boolean within(BooleanSupplier piece) {
        if (++steps > STEPS || ++depth > DEPTH) throw new TooLong();
        try {
            return piece.getAsBoolean();
        } finally {
            depth--;
        }
    }

    boolean isAt(int i, IntPredicate accepts) {
        if (++steps > STEPS) throw new TooLong();
        return i < text.length() && accepts.test(text.charAt(i));
    }

    /// Remembers a group while `rest` is tried; keeps it if that matches.
    boolean remembering(int group, int start, int end, BooleanSupplier rest) {
        int oldStart = starts[group];
        int oldEnd = ends[group];
        starts[group] = start;
        ends[group] = end;
        if (rest.getAsBoolean()) return true;
        starts[group] = oldStart;
        ends[group] = oldEnd;
        return false;
    }

    boolean isSet(int group) {
        return starts[group] >= 0;
    }

    String group(int group) {
        return text.substring(starts[group], ends[group]);
    }

    boolean isPlace(char kind, boolean lines, int i) {
        int n = text.length();
        return switch (kind) {
            case '^' -> i == 0 || (lines && text.charAt(i - 1) == '\n');
            case '$' -> i == n || (i == n - 1 && text.charAt(i) == '\n') || (lines && i < n && text.charAt(i) == '\n');
            case 'A' -> i == 0;
            case 'Z' -> i == n;
            case 'b' -> isBorder(i);
            default -> n > 0 && !isBorder(i);
        };
    }

    private boolean isBorder(int i) {
        boolean before = i > 0 && isWord(text.charAt(i - 1));
        boolean after = i < text.length() && isWord(text.charAt(i));
        return before != after;
    }

    static boolean isWord(int c) {
        return c == '_' || Character.isLetterOrDigit(c);
    }
}
