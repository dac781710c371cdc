package dev.gradine.peft;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A set of characters in brackets, `[a-z_]`, as Python reads it: a bracket or `&&` within it stands for itself.
final class RegexSet {

    private final RegexText text;
    private final boolean ascii;
    private @Nullable IntPredicate lastClass;

    /// @param text behind the opening bracket
    RegexSet(RegexText text, boolean ascii) {
        this.text = text;
        this.ascii = ascii;
    }

    IntPredicate read() {
        int start = text.at() - 1;
        boolean negative = text.take('^');
        IntPredicate all = _ -> false;
        for (boolean first = true; first || !text.isNext(']'); first = false) all = all.or(member(start));
        text.next();
        return negative ? all.negate() : all;
    }

    /// A character, a class, or a range.
    private IntPredicate member(int start) {
        int place = text.at();
        int from = character(start);
        IntPredicate kind = lastClass;
        IntPredicate one = kind != null ? kind : c -> c == from;
        if (!text.take('-')) return one;
        if (text.isNext(']')) return one.or(c -> c == '-');
        int to = character(start);
        if (kind != null || lastClass != null || to < from) {
            throw text.wrong("bad character range " + text.since(place), place);
        }
        return c -> c >= from && c <= to;
    }

    /// One character, or -1 and `lastClass`.
    private int character(int start) {
        lastClass = null;
        if (text.isEnd()) throw text.wrong("unterminated character set", start);
        int place = text.at();
        char c = text.next();
        if (c != '\\') return c;
        if (text.take('b')) return 8;
        lastClass = text.characterClass(ascii);
        if (lastClass != null) return -1;
        int octal = text.threeOctalDigits(place);
        return octal >= 0 ? octal : text.escaped(place);
    }
}
