package dev.gradine.peft;

import dev.gradine.peft.RegexNode.Atomic;
import dev.gradine.peft.RegexNode.Either;
import dev.gradine.peft.RegexNode.Group;
import dev.gradine.peft.RegexNode.IfSet;
import dev.gradine.peft.RegexNode.Look;
import dev.gradine.peft.RegexNode.One;
import dev.gradine.peft.RegexNode.Place;
import dev.gradine.peft.RegexNode.Repeat;
import dev.gradine.peft.RegexNode.Same;
import dev.gradine.peft.RegexNode.Sequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/// Reads a regular expression as Python's `re` does (the grammar and messages of its documentation), for
/// `PythonRegex`.
final class RegexParser {

    private static final int MOST_CHARACTERS = 20_000;
    private static final int DEEPEST = 60;
    private static final int MOST_TIMES = 1000;

    /// @param ignoreCase `i`
    /// @param lines whether `^` and `$` are at line ends, too: `m`
    /// @param dotAll whether a dot is any character: `s`
    /// @param ascii whether classes are those of ASCII: `a`
    /// @param verbose whether white space and comments are left out: `x`
    private record Flags(boolean ignoreCase, boolean lines, boolean dotAll, boolean ascii, boolean verbose) {
        Flags with(char flag, boolean on) {
            return new Flags(
                    flag == 'i' ? on : ignoreCase,
                    flag == 'm' ? on : lines,
                    flag == 's' ? on : dotAll,
                    flag == 'a' ? on : ascii,
                    flag == 'x' ? on : verbose);
        }
    }

    private final String what;
    private final String before;
    private final String part;
    private final RegexText text;
    private final Map<String, Integer> names = new HashMap<>();
    private final Set<Integer> closed = new HashSet<>();
    private Flags flags = new Flags(false, false, false, false, false);
    private int groups;
    private int depth;

    RegexParser(String what, String before, String part, String after) {
        this.what = what;
        this.before = before;
        this.part = part;
        text = new RegexText(before + part + after);
    }

    PythonRegex parsed() {
        if (part.length() > MOST_CHARACTERS) {
            throw new AdapterException("%s: a regular expression has %,d characters, expected at most %,d"
                    .formatted(what, part.length(), MOST_CHARACTERS));
        }
        try {
            RegexNode root = either();
            if (!text.isEnd()) throw text.wrong("unbalanced parenthesis", text.at());
            return new PythonRegex(part, root, groups, names);
        } catch (RegexText.Wrong e) {
            throw new AdapterException("%s: %s is no regular expression of Python: %s at %d"
                    .formatted(what, PythonRegex.shown(part), e.getMessage(), Math.max(0, e.at() - before.length())));
        }
    }

    private RegexNode either() {
        if (++depth > DEEPEST) throw text.wrong("more than " + DEEPEST + " groups within each other", text.at());
        List<RegexNode> options = new ArrayList<>();
        do options.add(sequence());
        while (text.take('|'));
        depth--;
        return options.size() == 1 ? options.getFirst() : new Either(options);
    }

    private RegexNode sequence() {
        List<RegexNode> parts = new ArrayList<>();
        while (!text.isEnd() && !text.isNext('|') && !text.isNext(')')) {
            if (flags.verbose() && text.skipComment()) continue;
            int start = text.at();
            RegexNode piece = piece(parts.isEmpty() && depth == 1);
            if (!piece.equals(NOTHING)) parts.add(repeated(piece, start));
        }
        return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
    }

    /// Stands for a comment or flags, which match nothing and cannot be repeated.
    private static final RegexNode NOTHING = new Place(' ', false);

    private RegexNode piece(boolean isFirst) {
        int start = text.at();
        char c = text.next();
        return switch (c) {
            case '(' -> group(isFirst);
            case '[' -> new One(cased(new RegexSet(text, flags.ascii()).read()));
            case '\\' -> escape();
            case '^', '$' -> new Place(c, flags.lines());
            case '.' -> new One(flags.dotAll() ? _ -> true : x -> x != '\n');
            case '*', '+', '?' -> throw text.wrong("nothing to repeat", start);
            default -> literal(c);
        };
    }

    private RegexNode literal(int c) {
        return new One(cased(x -> x == c));
    }

    private IntPredicate cased(IntPredicate accepts) {
        if (!flags.ignoreCase()) return accepts;
        return x -> accepts.test(x) || accepts.test(Character.toLowerCase(x)) || accepts.test(Character.toUpperCase(x));
    }

    private RegexNode escape() {
        int start = text.at() - 1;
        if (text.isEnd()) throw text.wrong("bad escape (end of pattern)", start);
        char c = text.peek();
        if (c >= '1' && c <= '9') return numbered(start);
        if (c == 'A' || c == 'Z' || c == 'b' || c == 'B') return new Place(text.next(), false);
        if (c == 'z') { // Python 3.14's name of Z
            text.next();
            return new Place('Z', false);
        }
        IntPredicate kind = text.characterClass(flags.ascii());
        return kind != null ? new One(kind) : literal(text.escaped(start));
    }

    /// `\1` … `\99`, or three octal digits.
    private RegexNode numbered(int start) {
        int octal = text.threeOctalDigits(start);
        return octal >= 0 ? literal(octal) : same(text.oneOrTwoDigits(), start);
    }

    private RegexNode same(int number, int start) {
        if (number > groups) throw text.wrong("invalid group reference " + number, start);
        if (!closed.contains(number)) throw text.wrong("cannot refer to an open group", start);
        return new Same(number, flags.ignoreCase());
    }

    private RegexNode repeated(RegexNode piece, int start) {
        int[] times = text.times(MOST_TIMES);
        if (times.length == 0) return piece;
        if (piece instanceof Place) throw text.wrong("nothing to repeat", start);
        boolean lazy = text.take('?');
        boolean possessive = !lazy && text.take('+');
        int again = text.at();
        if (text.times(MOST_TIMES).length > 0) throw text.wrong("multiple repeat", again);
        Repeat all = new Repeat(piece, times[0], times[1], lazy);
        return possessive ? new Atomic(all) : all;
    }

    private RegexNode group(boolean isFirst) {
        int start = text.at() - 1;
        if (!text.take('?')) return captured("", start);
        if (text.take("P<")) return captured(name('>'), start);
        if (text.take("P=")) return same(named(name(')')), start);
        if (text.take('#')) return comment(start);
        if (text.take(':')) return rest(flags, start);
        if (text.take('>')) return new Atomic(rest(flags, start));
        if (text.take('=')) return new Look(rest(flags, start), false, false);
        if (text.take('!')) return new Look(rest(flags, start), false, true);
        if (text.take("<=")) return behind(start, false);
        if (text.take("<!")) return behind(start, true);
        if (text.take('(')) return ifSet(start);
        if (text.isNext('<')) throw text.wrong("unknown extension ?<, a named group is (?P<name>…)", start);
        return flagged(isFirst, start);
    }

    private RegexNode captured(String name, int start) {
        int number = ++groups;
        Integer old = name.isEmpty() ? null : names.put(name, number);
        if (old != null) {
            throw text.wrong(
                    "redefinition of group name '%s' as group %d; was group %d".formatted(name, number, old), start);
        }
        RegexNode piece = rest(flags, start);
        closed.add(number);
        return new Group(number, piece);
    }

    /// The rest of a group, with flags of its own.
    private RegexNode rest(Flags own, int start) {
        Flags outer = flags;
        flags = own;
        RegexNode piece = either();
        flags = outer;
        if (!text.take(')')) throw text.wrong("missing ), unterminated subpattern", start);
        return piece;
    }

    private RegexNode comment(int start) {
        while (!text.take(')')) {
            if (text.isEnd()) throw text.wrong("missing ), unterminated comment", start);
            text.next();
        }
        return NOTHING;
    }

    private RegexNode behind(int start, boolean negative) {
        RegexNode piece = rest(flags, start);
        if (piece.width() < 0) throw text.wrong("look-behind requires fixed-width pattern", start);
        return new Look(piece, true, negative);
    }

    private RegexNode ifSet(int start) {
        String id = name(')');
        int number = id.matches("[0-9]{1,4}") ? Integer.parseInt(id) : named(id);
        if (number < 1 || number > groups) throw text.wrong("invalid group reference " + number, start);
        RegexNode then = sequence();
        RegexNode otherwise = text.take('|') ? sequence() : new Sequence(List.of());
        if (text.isNext('|')) throw text.wrong("conditional backref with more than two branches", start);
        if (!text.take(')')) throw text.wrong("missing ), unterminated subpattern", start);
        return new IfSet(number, then, otherwise);
    }

    private String name(char end) {
        int start = text.at();
        StringBuilder name = new StringBuilder();
        while (!text.take(end)) {
            if (text.isEnd()) throw text.wrong("missing " + end + ", unterminated name", start);
            name.append(text.next());
        }
        if (!name.toString().matches(end == '>' ? "[\\p{L}_][\\p{L}\\p{N}_]*" : "[\\p{L}\\p{N}_]+")) {
            throw text.wrong("bad character in group name '" + name + "'", start);
        }
        return name.toString();
    }

    private int named(String name) {
        Integer number = names.get(name);
        if (number == null) throw text.wrong("unknown group name '" + name + "'", text.at());
        return number;
    }

    /// `(?i)` at the beginning, for all that follows; `(?i:…)` and `(?-i:…)` for a group.
    private RegexNode flagged(boolean isFirst, int start) {
        Flags own = flags;
        boolean on = true;
        while (!text.isEnd() && !text.isNext(')') && !text.isNext(':')) {
            char c = text.next();
            if (c == '-' && on) on = false;
            else if ("imsxa".indexOf(c) >= 0) own = own.with(c, on);
            else if (c == 'u') own = own.with('a', false);
            else throw text.wrong("unknown extension ?" + text.since(start + 2), start);
        }
        if (text.take(':')) return rest(own, start);
        if (!text.take(')')) throw text.wrong("missing -, : or )", start);
        if (!isFirst || !on) throw text.wrong("global flags not at the start of the expression", start);
        flags = own;
        return NOTHING;
    }
}
