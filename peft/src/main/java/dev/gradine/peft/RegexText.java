package dev.gradine.peft;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The characters of a regular expression, read from left to right, and what a few of them stand for.
final class RegexText {

    /// What is wrong, and at which character.
    static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int at;

        Wrong(String message, int at) {
            super(message, null, false, false);
            this.at = at;
        }

        int at() {
            return at;
        }
    }

    private final String text;
    private int at;

    RegexText(String text) {
        this.text = text;
    }

    Wrong wrong(String message, int place) {
        return new Wrong(message, place);
    }

    int at() {
        return at;
    }

    boolean isEnd() {
        return at >= text.length();
    }

    boolean isNext(char c) {
        return !isEnd() && text.charAt(at) == c;
    }

    char peek() {
        return text.charAt(at);
    }

    char next() {
        return text.charAt(at++);
    }

    String since(int start) {
        return text.substring(start, at);
    }

    boolean take(char c) {
        if (!isNext(c)) return false;
        at++;
        return true;
    }

    boolean take(String s) {
        if (!text.startsWith(s, at)) return false;
        at += s.length();
        return true;
    }

    /// White space, or a comment to the end of the line.
    boolean skipComment() {
        if (!isEnd() && Character.isWhitespace(peek())) {
            at++;
            return true;
        }
        if (!isNext('#')) return false;
        while (!isEnd() && !isNext('\n')) at++;
        return true;
    }

    /// How often the piece before is to be repeated, if that follows: least and most; else nothing.
    ///
    /// @param bound of a number that is given
    int[] times(int bound) {
        if (take('*')) return new int[] {0, Integer.MAX_VALUE};
        if (take('+')) return new int[] {1, Integer.MAX_VALUE};
        if (take('?')) return new int[] {0, 1};
        int start = at;
        if (!take('{') || isNext('}')) return literally(start);
        String least = digits();
        boolean isRange = take(',');
        String most = isRange ? digits() : least;
        if (!take('}')) return literally(start);
        int from = number(least, 0, bound, start);
        int to = number(most, Integer.MAX_VALUE, bound, start);
        if (from > to) throw wrong("min repeat greater than max repeat", start);
        return new int[] {from, to};
    }

    private int[] literally(int start) {
        at = start;
        return new int[0];
    }

    private String digits() {
        int start = at;
        while (!isEnd() && peek() >= '0' && peek() <= '9') at++;
        return text.substring(start, at);
    }

    private int number(String digits, int otherwise, int bound, int start) {
        if (digits.isEmpty()) return otherwise;
        if (digits.length() > 9 || Integer.parseInt(digits) > bound) {
            throw wrong("a repeat of %s times, expected at most %d".formatted(PythonRegex.shown(digits), bound), start);
        }
        return Integer.parseInt(digits);
    }

    /// The value of three octal digits behind a backslash; -1 if something else follows.
    int threeOctalDigits(int start) {
        if (at + 3 > text.length()) return -1;
        String three = text.substring(at, at + 3);
        if (!three.matches("[0-7]{3}")) return -1;
        at += 3;
        int value = Integer.parseInt(three, 8);
        if (value > 255) throw wrong("octal escape value \\" + three + " outside of range 0-0o377", start);
        return value;
    }

    int oneOrTwoDigits() {
        int start = at++;
        if (!isEnd() && peek() >= '0' && peek() <= '9') at++;
        return Integer.parseInt(text.substring(start, at));
    }

    /// `\d`, `\s`, `\w` or the reverse of one, if that is what stands behind a backslash; else null and nothing is
    /// read.
    @Nullable
    IntPredicate characterClass(boolean ascii) {
        if (isEnd()) return null;
        IntPredicate kind = switch (Character.toLowerCase(peek())) {
            case 'd' -> Character::isDigit;
            case 's' -> c -> Character.isWhitespace(c) || Character.isSpaceChar(c);
            case 'w' -> RegexRun::isWord;
            default -> null;
        };
        if (kind == null) return null;
        IntPredicate within = ascii ? c -> c < 128 && kind.test(c) : kind;
        return Character.isUpperCase(next()) ? within.negate() : within;
    }

    /// The character that an escape stands for; the backslash is read already.
    ///
    /// @param start place of the backslash
    int escaped(int start) {
        if (isEnd()) throw wrong("bad escape (end of pattern)", start);
        char c = next();
        return switch (c) {
            case 'a' -> 7;
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'v' -> 11;
            case 'x' -> hex(2, start);
            case 'u' -> hex(4, start);
            case 'U' -> hex(8, start);
            case '0' -> octal();
            default -> {
                boolean isLetterOrDigit = c < 128 && Character.isLetterOrDigit(c);
                if (isLetterOrDigit) throw wrong("bad escape \\" + c, start);
                yield c;
            }
        };
    }

    private int hex(int digits, int start) {
        int end = Math.min(text.length(), at + digits);
        String all = text.substring(at, end);
        if (!all.matches("[0-9a-fA-F]{" + digits + "}"))
            throw wrong("incomplete escape " + text.substring(start, end), start);
        at = end;
        return (int) Long.parseLong(all, 16);
    }

    private int octal() {
        int value = 0;
        for (int n = 0; n < 2 && !isEnd() && peek() >= '0' && peek() <= '7'; n++) value = value * 8 + next() - '0';
        return value;
    }
}
