package dev.gradine.cli;

import java.util.List;
import java.util.stream.Collectors;

/// `docs/options.md`, made from the table that the hints are made from.
final class OptionsPage {

    private OptionsPage() {}

    static String text() {
        StringBuilder page = new StringBuilder("""
                # Options by the names they have elsewhere

                Made from the program's table by `ForeignNamesTest`; do not edit. On a command line and in a `--config`
                file `_` counts as `-`. Whoever types a name of another program is told ours: `--learning-rate` ends
                with `did you mean --lr?`.

                """);
        page.append("| here | ").append(String.join(" | ", ForeignNames.WHOSE)).append(" |\n");
        page.append("|---".repeat(ForeignNames.WHOSE.size() + 1)).append("|\n");
        for (ForeignNames.Row row : ForeignNames.rows()) page.append(line(row));
        return page.toString();
    }

    private static String line(ForeignNames.Row row) {
        String ours = row.ours().isEmpty() ? "–" : code(row.ours());
        String note = row.note().isEmpty() ? "" : " (" + row.note() + ")";
        String theirs = row.theirs().stream().map(OptionsPage::code).collect(Collectors.joining(" | "));
        return "| %s%s | %s |\n".formatted(ours, note, theirs);
    }

    private static String code(List<String> names) {
        return names.stream().map(n -> "`" + n + "`").collect(Collectors.joining(", "));
    }
}
