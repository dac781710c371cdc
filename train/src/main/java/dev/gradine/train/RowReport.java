package dev.gradine.train;

import dev.gradine.data.DataException;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.RowCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What is told of the rows of a run before its first step.
///
/// @param name of the data set
/// @param counts what became of its rows
/// @param encoder that made examples of them
public record RowReport(String name, RowCounts counts, Encoder<?> encoder) {

    private static final double MOST_CUT = 0.05;

    /// One line: `data.jsonl: 9 rows, the longest has 212 tokens (row 3); 1 cut at 64 tokens, 148 tokens lost`.
    public String line() {
        List<String> parts = new ArrayList<>();
        parts.add("%s: %,d row%s, the longest has %,d tokens (row %d)"
                .formatted(
                        name,
                        counts.rows(),
                        counts.rows() == 1 ? "" : "s",
                        counts.longest().tokens(),
                        counts.longest().row()));
        RowCounts.Cut cut = counts.cut();
        if (cut.rows() > 0) {
            parts.add("%,d cut at %d tokens, %,d tokens lost".formatted(cut.rows(), encoder.maxLength(), cut.tokens())
                    + (cut.answers() > 0 ? " (%,d of an answer)".formatted(cut.answers()) : ""));
        }
        if (counts.leftOut() > 0) {
            parts.add("%,d left out: %s within %d tokens"
                    .formatted(counts.leftOut(), encoder.leftOut(), encoder.maxLength()));
        }
        if (counts.broken() > 0) {
            parts.add("%,d whose prompt has other tokens alone than before its answer".formatted(counts.broken()));
        }
        return String.join("; ", parts);
    }

    /// Fails if many rows lose tokens of their answers, unless the user has said where to cut.
    void requireAnswers(BatchSettings settings) {
        int lost = counts.cut().answers();
        if (lost <= MOST_CUT * counts.rows() || settings.allowTruncation() || settings.maxLength() != null) return;
        throw new DataException(String.format(
                Locale.ROOT,
                "%s: %,d of %,d rows lose tokens of their answers, cut at %d tokens (the longest has %,d, row %d),"
                        + " expected at most 5 %% of them; give --max-length, or --allow-truncation",
                name,
                lost,
                counts.rows(),
                encoder.maxLength(),
                counts.longest().tokens(),
                counts.longest().row()));
    }
}
