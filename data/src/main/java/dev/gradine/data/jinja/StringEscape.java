package dev.gradine.data.jinja;

/// The backslash escapes of Python string literals.
final class StringEscape {
    private StringEscape() {}

    /// Appends what the escape at `at` stands for and returns the offset after it. An unknown escape stays as written.
    static int append(String s, int at, StringBuilder out) {
        char c = s.charAt(at + 1);
        int simple = "\n\\'\"abfnrtv".indexOf(c);
        if (simple >= 0) {
            String meaning = "\0\\'\"\u0007\b\f\n\r\t\u000B";
            if (simple > 0) out.append(meaning.charAt(simple));
            return at + 2;
        }
        int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (digits > 0) return code(s, at, at + 2, digits, 16, out);
        int octal = 0;
        while (octal < 3 && at + 1 + octal < s.length() && "01234567".indexOf(s.charAt(at + 1 + octal)) >= 0) octal++;
        if (octal > 0) return code(s, at, at + 1, octal, 8, out);
        out.append('\\').append(c);
        return at + 2;
    }

    private static int code(String s, int at, int from, int digits, int radix, StringBuilder out) {
        int end = from + digits;
        try {
            if (end > s.length()) throw new NumberFormatException();
            int point = Integer.parseInt(s.substring(from, end), radix);
            if (!Character.isValidCodePoint(point)) throw new NumberFormatException();
            out.appendCodePoint(point);
            return end;
        } catch (NumberFormatException e) {
            out.append(s, at, at + 2);
            return at + 2;
        }
    }
}
