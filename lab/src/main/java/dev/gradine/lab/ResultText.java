package dev.gradine.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// A result as lines of text.
public final class ResultText {

    private static final int WIDTH = 100; // characters of a line of prose

    private ResultText() {}

    /// What is said before anything is measured: claim, source and set-up.
    public static List<String> head(About about) {
        List<String> lines = new ArrayList<>(List.of(about.name()));
        lines.addAll(wrapped("claim   ", about.claim()));
        lines.addAll(wrapped("source  ", about.source()));
        lines.addAll(wrapped("set-up  ", about.setUp()));
        return lines;
    }

    /// The table with mean and deviation over the seeds, what was expected, and the verdict.
    public static List<String> lines(Result r) {
        List<String> lines = new ArrayList<>(aligned(table(r)));
        lines.add("");
        List<List<String>> verdicts = new ArrayList<>();
        for (Expectation e : r.expected()) {
            String seeds = "%d of %d".formatted(r.count(e), r.tables().size());
            verdicts.add(List.of("expected", e.text(), seeds, r.held(e) ? "held" : "did not hold"));
        }
        lines.addAll(aligned(verdicts));
        lines.add("verdict   %s, with seeds %s, in %.0f s".formatted(r.verdict(), seeds(r.seeds()), r.seconds()));
        return lines;
    }

    private static String seeds(List<Long> seeds) {
        return String.join(", ", seeds.stream().map(String::valueOf).toList());
    }

    /// Headings, then a line for each row.
    static List<List<String>> table(Result r) {
        Table first = r.tables().getFirst();
        List<List<String>> all = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(first.title()));
        head.addAll(first.columns());
        all.add(head);
        for (String row : first.rows()) {
            List<String> cells = new ArrayList<>(List.of(row));
            for (String column : first.columns()) cells.add(cell(r, row, column));
            all.add(cells);
        }
        return all;
    }

    private static String cell(Result r, String row, String column) {
        if (!r.tables().getFirst().has(row, column)) return "";
        double mean = r.mean(row, column);
        String form = form(mean);
        String text = String.format(Locale.ROOT, form, mean);
        if (r.tables().size() == 1) return text;
        return text + " ± " + String.format(Locale.ROOT, form, r.deviation(row, column));
    }

    /// Three significant digits, none of them behind the point where the number is large.
    static String form(double x) {
        if (x == 0 || !Double.isFinite(x)) return "%.0f";
        int digits = 2 - (int) Math.floor(Math.log10(Math.abs(x)));
        return digits > 6 ? "%.2e" : "%." + Math.max(0, digits) + "f";
    }

    /// Columns as wide as their widest cell; nothing behind the last one.
    static List<String> aligned(List<List<String>> rows) {
        int[] width = new int[rows.stream().mapToInt(List::size).max().orElse(0)];
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++)
                width[i] = Math.max(width[i], row.get(i).length());
        }
        return rows.stream().map(row -> line(row, width)).toList();
    }

    private static String line(List<String> row, int[] width) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            line.append(row.get(i)).repeat(' ', width[i] - row.get(i).length() + 2);
        }
        return line.toString().stripTrailing();
    }

    private static List<String> wrapped(String name, String text) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder(name);
        for (String word : Arrays.asList(text.split(" ", -1))) {
            if (line.length() + word.length() > WIDTH && line.length() > name.length()) {
                lines.add(line.toString().stripTrailing());
                line = new StringBuilder(" ".repeat(name.length()));
            }
            line.append(word).append(' ');
        }
        lines.add(line.toString().stripTrailing());
        return lines;
    }
}
