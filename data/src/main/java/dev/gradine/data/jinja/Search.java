package dev.gradine.data.jinja;

/// Finds one string in another, and accounts for every character that is compared.
final class Search {
    private Search() {}

    /// Where `wanted` begins in `s`, at or after `from`; -1 if nowhere.
    static int first(String s, String wanted, int from, Budget budget) {
        if (wanted.isEmpty()) return from <= s.length() ? from : -1;
        int last = s.length() - wanted.length();
        for (int i = from; i <= last; i++) {
            int at = s.indexOf(wanted.charAt(0), i);
            budget.scan((at < 0 ? s.length() : at) - i);
            if (at < 0 || at > last) return -1;
            if (stands(s, wanted, at, budget)) return at;
            i = at;
        }
        return -1;
    }

    /// Where `wanted` begins in `s`, at or before `from`; -1 if nowhere.
    static int last(String s, String wanted, int from, Budget budget) {
        int start = Math.min(from, s.length() - wanted.length());
        if (wanted.isEmpty()) return start;
        for (int i = start; i >= 0; i--) {
            int at = s.lastIndexOf(wanted.charAt(0), i);
            budget.scan(i - at);
            if (at < 0) return -1;
            if (stands(s, wanted, at, budget)) return at;
            i = at;
        }
        return -1;
    }

    private static boolean stands(String s, String wanted, int at, Budget budget) {
        int n = 1;
        while (n < wanted.length() && s.charAt(at + n) == wanted.charAt(n)) n++;
        budget.compare(n + 1);
        return n == wanted.length();
    }
}
