package dev.gradine.train.preview;

import java.util.List;
import java.util.function.Function;

/// A preview as text for a terminal. Learnt tokens are in reverse video where colours are wanted, else between `⟦` and
/// `⟧`.
public final class PreviewText {

    private static final int BAR = 40;
    private static final int MOST_LISTED = 5;
    private static final String ON = "\u001b[7m";
    private static final String OFF = "\u001b[0m";

    private final StringBuilder text = new StringBuilder();
    private final boolean colours;

    private PreviewText(boolean colours) {
        this.colours = colours;
    }

    /// All of it.
    ///
    /// @param colours whether the terminal shows them
    public static String of(DataPreview preview, boolean colours) {
        PreviewText t = new PreviewText(colours);
        preview.shown().forEach(t::row);
        return t.text + facts(preview);
    }

    /// What is counted, without the rows.
    static String facts(DataPreview preview) {
        PreviewText t = new PreviewText(false);
        t.histogram(preview.lengths());
        preview.reports().forEach(t::line);
        t.list("cannot be used", preview.faults(), f -> f);
        t.list(
                "the same as a row before",
                preview.duplicates().inside,
                d -> "%s is %s".formatted(d.second(), d.first()));
        t.list(
                "held out for evaluation and trained on as well",
                preview.duplicates().between,
                d -> "%s is %s".formatted(d.second(), d.first()));
        return t.text.toString();
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private void row(ShownRow row) {
        line("── " + row.name());
        text.append(printable(row.written()));
        for (ShownRow.Sequence s : row.sequences()) {
            line("   as %d tokens, %d learnt%s:".formatted(s.tokens().size(), s.learnt(), s.cut() > 0 ? ", cut" : ""));
            boolean on = false;
            for (ShownRow.Token t : s.tokens()) {
                if (t.isLearnt() != on) text.append(mark(!on));
                on = t.isLearnt();
                text.append(printable(t.text()));
            }
            if (on) text.append(mark(false));
            line("");
        }
        line("");
    }

    private String mark(boolean on) {
        if (colours) return on ? ON : OFF;
        return on ? "⟦" : "⟧";
    }

    /// Data may hold sequences that a terminal obeys; only line breaks and tabs pass.
    private static String printable(String data) {
        return data.replaceAll("[\\p{Cntrl}&&[^\n\t]]", "\uFFFD");
    }

    private void histogram(Histogram h) {
        if (h.bars().isEmpty()) return;
        line("tokens of a row (median %,d, cut at %,d)".formatted(h.median(), h.limit()));
        for (Histogram.Bar b : h.bars()) {
            int filled = (int) Math.ceil(BAR * (double) b.rows() / h.most());
            line("%,9d … %,-9d %s %,d".formatted(b.from(), b.to(), "█".repeat(filled), b.rows()));
        }
        line("");
    }

    private <T> void list(String what, List<T> all, Function<T, String> print) {
        if (all.isEmpty()) return;
        line("%,d row%s %s:".formatted(all.size(), all.size() == 1 ? "" : "s", what));
        all.stream().limit(MOST_LISTED).forEach(x -> line("  " + print.apply(x)));
        if (all.size() > MOST_LISTED) line("  …");
    }
}
