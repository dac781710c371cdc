package dev.gradine.train.preview;

import dev.gradine.io.AtomicFiles;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.Page;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/// A preview as one HTML page that needs no network: each row as it is written, and beside it as the model reads it.
public final class PreviewPage {

    private PreviewPage() {}

    /// Writes the page, atomically.
    ///
    /// @param title what the page is about
    public static void write(Path file, String title, DataPreview preview) {
        String rows = preview.shown().stream().map(PreviewPage::row).collect(Collectors.joining());
        String facts = PreviewText.facts(preview);
        Map<String, String> parts = Map.of("title", Html.text(title), "facts", Html.text(facts), "rows", rows);
        AtomicFiles.writeText(file, Page.fill(Page.resource(PreviewPage.class, "preview.html"), parts));
    }

    private static String row(ShownRow row) {
        String read = row.sequences().stream().map(PreviewPage::sequence).collect(Collectors.joining());
        return "<section><h2>%s</h2><div class=\"both\"><pre>%s</pre><div>%s</div></div></section>\n"
                .formatted(Html.text(row.name()), Html.text(row.written()), read);
    }

    private static String sequence(ShownRow.Sequence s) {
        String tokens = s.tokens().stream()
                .map(t -> (t.isLearnt() ? "<b>" : "<i>") + Html.text(t.text()) + (t.isLearnt() ? "</b>" : "</i>"))
                .collect(Collectors.joining());
        return "<p>%d tokens, %d learnt</p><pre>%s</pre>".formatted(s.tokens().size(), s.learnt(), tokens);
    }
}
