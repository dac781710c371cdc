package dev.gradine.eval;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// The table of an evaluation as lm-evaluation-harness prints it: numbers to the right with as many
/// decimals as one of their column needs, four at most.
public final class ResultTable {

    private static final List<String> HEADINGS =
            List.of("Tasks", "Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr");

    private ResultTable() {}

    /// The table, each line ended.
    public static String of(List<TaskResult> results) {
        List<List<String>> rows = new ArrayList<>();
        for (TaskResult r : results) {
            List<Score> scores = new ArrayList<>(r.scores());
            scores.sort(Comparator.comparing(s -> s.metric().name() + "," + s.filter()));
            boolean first = true;
            for (Score s : scores) {
                rows.add(row(r, s, first));
                first = false;
            }
            if (scores.isEmpty()) rows.add(unscored(r));
        }
        List<List<String>> columns = new ArrayList<>();
        for (int c = 0; c < HEADINGS.size(); c++) columns.add(column(c, rows));
        StringBuilder text = new StringBuilder();
        for (int line = 0; line < rows.size() + 2; line++) {
            for (List<String> column : columns) text.append('|').append(column.get(line));
            text.append("|\n");
        }
        return text.toString();
    }

    private static List<String> row(TaskResult r, Score s, boolean first) {
        String task = first ? r.task().name() : "";
        String version = first ? String.valueOf(r.task().version()) : "";
        String error = s.hasError() ? String.valueOf(s.error()) : "   N/A";
        return List.of(
                task,
                version,
                s.filter(),
                String.valueOf(r.task().shots().count()),
                s.metric().name(),
                s.metric().higherIsBetter() ? "↑" : "↓",
                String.valueOf(s.value()),
                "±",
                error);
    }

    private static List<String> unscored(TaskResult r) {
        String shots = String.valueOf(r.task().shots().count());
        return List.of(r.task().name(), String.valueOf(r.task().version()), "none", shots, "bypass", "", "", "", "");
    }

    /// A heading, a rule, and the cells, all of one width.
    private static List<String> column(int c, List<List<String>> rows) {
        List<String> raw = rows.stream().map(row -> row.get(c)).toList();
        List<String> cells = numbered(raw);
        int least = HEADINGS.get(c).isEmpty() ? 3 : 0;
        int width = Math.max(
                least,
                cells.stream().mapToInt(String::length).reduce(HEADINGS.get(c).length(), Math::max));
        List<String> filled = raw.stream().filter(cell -> !cell.isBlank()).toList();
        boolean numbers = !filled.isEmpty() && filled.stream().allMatch(ResultTable::isNumber);
        List<String> lines = new ArrayList<>(List.of(centred(HEADINGS.get(c), width)));
        lines.add(numbers ? "-".repeat(width - 1) + ":" : "-".repeat(width));
        for (int i = 0; i < cells.size(); i++) lines.add(padded(cells.get(i), width, isNumber(raw.get(i))));
        return lines;
    }

    private static boolean isNumber(String cell) {
        return cell.matches("-?\\d[\\d.]*(E-?\\d+)?|NaN|-?Infinity");
    }

    private static List<String> numbered(List<String> cells) {
        int decimals = cells.stream()
                .filter(c -> isNumber(c) && c.matches("-?\\d.*"))
                .mapToInt(c -> rounded(c, "0.####").replaceAll("^[^.]*\\.?", "").length())
                .max()
                .orElse(0);
        String form = decimals == 0 ? "0" : "0." + "0".repeat(decimals);
        return cells.stream()
                .map(c -> isNumber(c) && c.matches("-?\\d.*") ? rounded(c, form) : c)
                .toList();
    }

    private static String rounded(String number, String form) {
        return new DecimalFormat(form, DecimalFormatSymbols.getInstance(Locale.ROOT))
                .format(Double.parseDouble(number));
    }

    private static String centred(String text, int width) {
        int left = (width - text.length()) / 2;
        return " ".repeat(left) + text + " ".repeat(width - text.length() - left);
    }

    private static String padded(String text, int width, boolean right) {
        char[] space = new char[width - text.length()];
        Arrays.fill(space, ' ');
        String gap = new String(space);
        return right ? gap + text : text + gap;
    }
}
