package dev.gradine.data.jinja;

/// Python's changes of letter case, each character accounted for.
///
/// @param s what is changed
/// @param budget pays for it
record LetterCase(String s, Budget budget) {

    /// What a change of one character alone costs, in characters that are looked at.
    private static final int DEAR = 4;

    String upper() {
        budget.text(s.length());
        return PyStrings.upper(s);
    }

    String lower() {
        budget.text(s.length());
        return PyStrings.lower(s);
    }

    String capitalize() {
        if (s.isEmpty()) return s;
        budget.text(s.length());
        int n = Character.charCount(s.codePointAt(0));
        return PyStrings.upper(s.substring(0, n)) + PyStrings.lower(s.substring(n));
    }

    /// `str.title`: every run of letters capitalised. With `wordsOnly`, Jinja's filter: words begin after a space,
    /// hyphen or opening bracket only.
    String title(boolean wordsOnly) {
        budget.compare(DEAR * (long) s.length());
        var out = new BoundedText(budget);
        boolean start = true;
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            String one = Character.toString(c);
            out.append(start ? PyStrings.upper(one) : PyStrings.lower(one));
            start = wordsOnly ? PyStrings.isSpace(c) || "-({[<".indexOf(c) >= 0 : !Character.isLetter(c);
            i += one.length();
        }
        return out.toString();
    }

    String swap() {
        budget.compare(DEAR * (long) s.length());
        var out = new BoundedText(budget);
        for (int i = 0; i < s.length(); ) {
            String one = Character.toString(s.codePointAt(i));
            String up = PyStrings.upper(one);
            out.append(one.equals(up) ? PyStrings.lower(one) : up);
            i += one.length();
        }
        return out.toString();
    }

    /// Whether it has letters with two cases, all of them lower.
    boolean isLower() {
        String low = lower();
        return s.equals(low) && !low.equals(upper());
    }

    boolean isUpper() {
        String up = upper();
        return s.equals(up) && !up.equals(lower());
    }
}
