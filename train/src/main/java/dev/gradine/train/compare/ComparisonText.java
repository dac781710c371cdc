package dev.gradine.train.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A comparison as text: tables with a column for each run; the best figure has a star.
public final class ComparisonText {

    private static final int WIDEST = 44;
    private static final int SAMPLE = 400;

    private ComparisonText() {}

    /// All of it.
    public static String of(Comparison c) {
        StringBuilder text = new StringBuilder();
        List<String> names = c.runs().stream().map(ComparedRun::name).toList();
        List<List<String>> settings = new ArrayList<>();
        c.settings().forEach((name, values) -> settings.add(row(name, values)));
        if (settings.isEmpty()) text.append("all settings are the same\n\n");
        else text.append(table(row("setting", names), settings));
        List<List<String>> figures = new ArrayList<>();
        for (Comparison.Figure f : c.figures()) figures.add(row(f.title(), values(f)));
        text.append(table(row("result", names), figures));
        c.samples().forEach((prompt, answers) -> {
            text.append("prompt: ").append(flat(prompt)).append('\n');
            for (int i = 0; i < names.size(); i++) {
                text.append("  %s: %s%n".formatted(names.get(i), flat(answers.get(i))));
            }
        });
        return text.toString();
    }

    private static List<String> values(Comparison.Figure f) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < f.values().size(); i++) all.add(number(f.values().get(i)) + (f.isBest(i) ? " *" : ""));
        return all;
    }

    /// As a figure is printed here and on the page.
    static String number(@Nullable Double v) {
        if (v == null) return "–";
        if (v == Math.rint(v) && Math.abs(v) < 1e15) return String.format(Locale.ROOT, "%,.0f", v);
        return String.format(Locale.ROOT, Math.abs(v) >= 100 ? "%.1f" : "%.4f", v);
    }

    private static List<String> row(String name, List<String> values) {
        List<String> all = new ArrayList<>(List.of(name));
        all.addAll(values);
        return all;
    }

    private static String table(List<String> head, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>(List.of(head));
        all.addAll(rows);
        int[] widths = new int[head.size()];
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.clamp(row.get(i).length(), widths[i], Math.max(widths[i], WIDEST));
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(("%-" + (widths[i] + 2) + "s").formatted(cut(row.get(i))));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.append('\n').toString();
    }

    /// The end of a long value, which is what differs between paths.
    private static String cut(String value) {
        return value.length() <= WIDEST ? value : "…" + value.substring(value.length() - WIDEST + 1);
    }

    /// On one line, without what a terminal obeys.
    private static String flat(String text) {
        String line = text.strip().replaceAll("\\s+", " ").replaceAll("\\p{Cntrl}", "\uFFFD");
        return line.length() <= SAMPLE ? line : line.substring(0, SAMPLE) + " …";
    }
}
