package dev.gradine.data.jinja;

import dev.gradine.data.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts the inside of one tag into names, numbers, strings and operators.
final class TagLexer {
    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}\\p{M}_]*");
    private static final Pattern FLOAT =
            Pattern.compile("\\d[\\d_]*(\\.\\d[\\d_]*)?[eE][+-]?\\d[\\d_]*|\\d[\\d_]*\\.\\d[\\d_]*");
    private static final Pattern INTEGER = Pattern.compile("0[xX][\\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\\d[\\d_]*");
    private static final List<String> OPERATORS = List.of(
            "==", "!=", ">=", "<=", "//", "**", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
            "=", ".", ":", "|", ",", ";");

    private final String name;
    private final String source;
    private final String close;
    private final List<Token> out = new ArrayList<>();
    private final StringBuilder open = new StringBuilder();
    private int at;
    private int line;
    private char closedBy = ' ';

    TagLexer(String name, String source, int at, int line, String close) {
        this.name = name;
        this.source = source;
        this.at = at;
        this.line = line;
        this.close = close;
    }

    /// The words up to the end of the tag.
    List<Token> read() {
        while (true) {
            skipSpace();
            if (at >= source.length())
                throw new TemplateException(name, line, "tag is not closed, expected '" + close + "'");
            if (open.isEmpty() && closes()) return out;
            word();
        }
    }

    /// Offset right after the tag.
    int end() {
        return at;
    }

    int line() {
        return line;
    }

    /// The `-` or `+` before the end of the tag, else a space.
    char closedBy() {
        return closedBy;
    }

    private boolean closes() {
        char c = source.charAt(at);
        boolean signed = (c == '-' || (c == '+' && close.equals("%}"))) && source.startsWith(close, at + 1);
        if (!signed && !source.startsWith(close, at)) return false;
        closedBy = signed ? c : ' ';
        at += close.length() + (signed ? 1 : 0);
        return true;
    }

    private void skipSpace() {
        for (; at < source.length() && PyStrings.isSpace(source.charAt(at)); at++)
            if (source.charAt(at) == '\n') line++;
    }

    private void word() {
        char c = source.charAt(at);
        if (c == '"' || c == '\'') string(c);
        else if (!take(NAME, Kind.NAME) && !take(FLOAT, Kind.FLOAT) && !take(INTEGER, Kind.INTEGER)) operator();
    }

    private boolean take(Pattern pattern, Kind kind) {
        Matcher m = pattern.matcher(source).region(at, source.length());
        if (!m.lookingAt()) return false;
        // after a dot comes an index, as in `list.0.1`
        if (kind == Kind.FLOAT && at > 0 && source.charAt(at - 1) == '.') return false;
        out.add(new Token(kind, m.group(), line));
        at = m.end();
        return true;
    }

    private void operator() {
        for (String op : OPERATORS) {
            if (!source.startsWith(op, at)) continue;
            balance(op.charAt(0));
            out.add(new Token(Kind.OPERATOR, op, line));
            at += op.length();
            return;
        }
        String c = Character.toString(source.codePointAt(at));
        throw new TemplateException(name, line, "character '" + c + "' is not part of the template language");
    }

    private void balance(char c) {
        if ("([{".indexOf(c) >= 0) open.append(c);
        int i = ")]}".indexOf(c);
        if (i < 0) return;
        boolean matches = !open.isEmpty() && open.charAt(open.length() - 1) == "([{".charAt(i);
        if (!matches) throw new TemplateException(name, line, "'" + c + "' closes nothing that is open");
        open.setLength(open.length() - 1);
    }

    private void string(char quote) {
        int first = line;
        var sb = new StringBuilder();
        for (at++; at < source.length() && source.charAt(at) != quote; ) {
            char c = source.charAt(at);
            if (c == '\n') line++;
            if (c == '\\' && at + 1 < source.length()) {
                at = StringEscape.append(source, at, sb);
            } else {
                sb.append(c);
                at++;
            }
        }
        if (at >= source.length()) throw new TemplateException(name, first, "string is not closed, expected " + quote);
        at++;
        out.add(new Token(Kind.STRING, sb.toString(), first));
    }
}
