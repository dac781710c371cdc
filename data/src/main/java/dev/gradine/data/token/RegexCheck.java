package dev.gradine.data.token;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Whether a regular expression can be matched against any text in reasonable time.
///
/// The library's engine, Oniguruma, backtracks; it ends the process when one match takes ten million steps. So an
/// expression is taken only if this bound holds for it: on no way through it may more than one repeat without limit
/// stand before something that can fail, no repeat may stand inside a repeat, and the ways before something that
/// can fail are few. All patterns of the model families in use are of this form.
///
/// ```
/// steps(text of n characters) ≤ ways · nᵈ,     d = loops before what can fail ≤ 1
/// ```
final class RegexCheck {
    private static final int MAX_DEPTH = 40; // groups inside groups
    private static final int MAX_COUNT = 1000; // of a repeat
    private static final int MAX_WAYS = 1000;
    private static final int FEW = 16; // a repeat of at most so many more counts as ways, not as a loop
    private static final Pattern INTERVAL = Pattern.compile("\\{(?:(\\d+)(?:(,)(\\d*))?|,(\\d+))\\}");
    private static final Pattern GROUP = Pattern.compile("\\?(?::|=|!|<=|<!|>|<[A-Za-z_]\\w*>|[im]*(?:-[im]+)?:)");
    private static final Pattern LOOKS = Pattern.compile("\\(\\?<?[=!]|(?<!\\[)\\^|\\$|\\\\[bBAzZG]");
    private static final Pattern ESCAPE = Pattern.compile(
            "[pP]\\{\\^?[\\w ]{1,60}\\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|x\\{[0-9A-Fa-f]{1,6}\\}|[sSdDwWhHnrtfvaebBAzZG]"
                    + "|[^0-9A-Za-z]");

    /// How a part can be matched.
    ///
    /// @param loops most repeats without limit on a way through it
    /// @param loopsBefore most of them before something that can fail
    /// @param ways in which it can match, loops apart
    /// @param waysBefore those before something that can fail
    /// @param canFail whether there is a text that it does not match
    /// @param simple whether it matches one text or one class of characters after the other, without choice
    record Part(int loops, int loopsBefore, double ways, double waysBefore, boolean canFail, boolean simple) {
        static final Part NOTHING = new Part(0, 0, 1, 0, false, true);
        static final Part CHARACTER = new Part(0, 0, 1, 1, true, true);

        Part then(Part next) {
            return new Part(
                    loops + next.loops,
                    Math.max(loopsBefore, next.canFail ? loops + next.loopsBefore : next.loopsBefore),
                    ways * next.ways,
                    Math.max(waysBefore, next.canFail ? ways * next.waysBefore : next.waysBefore),
                    canFail || next.canFail,
                    simple && next.simple);
        }

        Part or(Part other) {
            return new Part(
                    Math.max(loops, other.loops),
                    Math.max(loopsBefore, other.loopsBefore),
                    ways + other.ways,
                    waysBefore + other.waysBefore,
                    canFail && other.canFail,
                    false);
        }

        /// Without a way back into it once it has matched.
        Part atomic() {
            return new Part(0, loopsBefore, 1, Math.max(1, waysBefore), canFail, false);
        }

        Part optional() {
            return new Part(loops, loopsBefore, ways + 1, waysBefore, false, false);
        }
    }

    private final String where;
    private final String regex;
    private int at;
    private int depth;

    private RegexCheck(String where, String regex) {
        this.where = where;
        this.regex = regex;
    }

    /// As `require`, and the expression never matches nothing: a replacement of nothing breaks the library's count of
    /// characters. What looks around without taking a character is refused with it.
    static void requireSomething(String where, String regex) {
        Part all = require(where, regex);
        if (all.canFail && !LOOKS.matcher(regex).find()) return;
        throw new TokenizerException(where + " is '" + regex + "', which can match nothing, expected characters");
    }

    /// @param where file and place, named in errors
    /// @throws TokenizerException names what in the expression is not taken
    static Part require(String where, String regex) {
        var check = new RegexCheck(where, regex);
        if (regex.startsWith("(?i)")) check.at = 4;
        Part all = check.alternatives();
        if (check.at < regex.length()) throw check.refused("a closing parenthesis too many");
        if (all.loopsBefore > 1) throw check.refused("two repeats before something that can fail");
        if (all.waysBefore > MAX_WAYS) throw check.refused("too many choices before something that can fail");
        return all;
    }

    private TokenizerException refused(String what) {
        String shown = regex.length() > 60 ? regex.substring(0, 60) + " ..." : regex;
        return new TokenizerException("%s is '%s': it has %s at character %d, so that a text could take for ever"
                .formatted(where, shown, what, at));
    }

    private boolean has(char c) {
        return at < regex.length() && regex.charAt(at) == c;
    }

    private Part alternatives() {
        if (++depth > MAX_DEPTH) throw refused("more than " + MAX_DEPTH + " groups inside each other");
        Part all = sequence();
        while (has('|')) {
            at++;
            all = all.or(sequence());
        }
        depth--;
        return all;
    }

    private Part sequence() {
        Part all = Part.NOTHING;
        while (at < regex.length() && !has('|') && !has(')')) all = all.then(repeated(atom()));
        return all;
    }

    private Part atom() {
        char c = regex.charAt(at);
        switch (c) {
            case '(' -> {
                return group();
            }
            case '[' -> characters();
            case '\\' -> escape();
            case '*', '+', '?' -> throw refused("a repeat of nothing or of a repeat");
            default -> at += Character.charCount(regex.codePointAt(at));
        }
        return Part.CHARACTER;
    }

    private void escape() {
        Matcher m = ESCAPE.matcher(regex).region(at + 1, regex.length());
        if (!m.lookingAt()) throw refused("an escape that is not known here");
        at = m.end();
    }

    private Part group() {
        at++;
        String kind = "(";
        if (has('?')) {
            Matcher m = GROUP.matcher(regex).region(at, regex.length());
            if (!m.lookingAt()) throw refused("a group of a kind that is not known here");
            kind = m.group();
            at = m.end();
        } else if (has('*')) {
            throw refused("a group of a kind that is not known here");
        }
        Part inner = alternatives();
        if (!has(')')) throw refused("a group without end");
        at++;
        return switch (kind) {
            case "?=", "?!", "?<=", "?<!" -> inner.atomic().then(Part.CHARACTER);
            case "?>" -> inner.atomic();
            default -> inner;
        };
    }

    /// A class of characters; one may hold others.
    private void characters() {
        if (++depth > MAX_DEPTH) throw refused("more than " + MAX_DEPTH + " groups inside each other");
        at++;
        if (has('^')) at++;
        if (has(']')) throw refused("a class that begins with ]");
        while (!has(']')) {
            if (at >= regex.length()) throw refused("a class without end");
            if (has('\\')) escape();
            else if (has('[')) characters();
            else at++;
        }
        at++;
        depth--;
    }

    private Part repeated(Part part) {
        int least;
        int most;
        Matcher m = INTERVAL.matcher(regex).region(at, regex.length());
        if (has('*') || has('+') || has('?')) {
            least = has('+') ? 1 : 0;
            most = has('?') ? 1 : Integer.MAX_VALUE;
            at++;
        } else if (has('{') && m.lookingAt()) {
            least = m.group(4) != null ? 0 : count(m.group(1));
            most = m.group(4) != null ? count(m.group(4)) : most(m, least);
            at = m.end();
        } else {
            return part;
        }
        boolean possessive = has('+') && regex.charAt(at - 1) != '}';
        if (possessive || has('?')) at++;
        if (has('*')
                || has('+')
                || has('?')
                || INTERVAL.matcher(regex).region(at, regex.length()).lookingAt()) {
            throw refused("a repeat of a repeat");
        }
        Part all = times(part, least, most);
        return possessive ? all.atomic() : all;
    }

    private int most(Matcher m, int least) {
        if (m.group(2) == null) return least;
        return m.group(3).isEmpty() ? Integer.MAX_VALUE : count(m.group(3));
    }

    private int count(String digits) {
        if (digits.length() > 4 || Integer.parseInt(digits) > MAX_COUNT) {
            throw refused("a repeat of more than " + MAX_COUNT);
        }
        return Integer.parseInt(digits);
    }

    private Part times(Part part, int least, int most) {
        if (most <= 1) return least == 1 ? part : part.optional();
        if (!part.simple) throw refused("a repeat of a group with a choice or a repeat in it");
        boolean loop = most - (long) least > FEW;
        int extra = loop ? 1 : most - least + 1;
        return new Part(loop ? 1 : 0, 0, extra, least > 0 ? 1 : 0, least > 0, false);
    }
}
