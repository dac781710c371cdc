package dev.gradine.data;

/// Text of a user's file in a message: one line of bounded length.
public final class OneLine {

    private OneLine() {}

    /// The beginning of a text, with spaces in place of line ends and what else is no letter.
    public static String of(String text, int longest) {
        String shown = text.length() > longest ? text.substring(0, longest) + " ..." : text;
        return shown.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}]", " ");
    }
}
