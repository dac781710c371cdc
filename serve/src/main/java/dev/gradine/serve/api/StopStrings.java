package dev.gradine.serve.api;

import java.util.List;

/// Looks for the first of some texts to be whole in one that grows. What might become one of them is held
/// back.
///
/// ```
/// held = the longest end of the text that is a beginning of a stop, and shorter than it
/// ```
final class StopStrings {

    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean isFound;

    /// @param stops none of them empty
    StopStrings(List<String> stops) {
        this.stops = stops;
    }

    /// Whether one was there; what follows is not text.
    boolean isFound() {
        return isFound;
    }

    /// Takes what the text gained, and gives what may be shown.
    String take(String piece) {
        if (isFound) return "";
        held.append(piece);
        int first = held.length();
        int end = Integer.MAX_VALUE;
        for (String s : stops) {
            int at = held.indexOf(s);
            if (at < 0 || at + s.length() > end || (at + s.length() == end && at > first)) continue;
            first = at;
            end = at + s.length();
        }
        isFound = end < Integer.MAX_VALUE;
        return show(isFound ? first : held.length() - most());
    }

    /// Takes what the text gained where no stop counts yet.
    String pass(String piece) {
        held.append(piece);
        return rest();
    }

    /// What was held back, where the text is over.
    String rest() {
        return isFound ? "" : show(held.length());
    }

    private String show(int length) {
        String shown = held.substring(0, length);
        held.delete(0, length);
        return shown;
    }

    /// Characters to hold back.
    private int most() {
        int most = 0;
        for (String s : stops) {
            int n = Math.min(s.length() - 1, held.length());
            while (n > most && !ends(s, n)) n--;
            most = Math.max(most, n);
        }
        return most;
    }

    /// Whether the text ends with the first `n` characters of a stop.
    private boolean ends(String stop, int n) {
        int from = held.length() - n;
        for (int i = 0; i < n; i++) if (held.charAt(from + i) != stop.charAt(i)) return false;
        return true;
    }
}
