package dev.gradine.train.compare;

import dev.gradine.train.report.Html;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;

/// One metric of several runs over their steps, as an SVG picture.
final class CurvePlot {

    private static final int WIDTH = 520;
    private static final int HEIGHT = 220;
    private static final int LEFT = 56;
    private static final int BELOW = 22;
    private static final int MOST_POINTS = 400;

    private final List<? extends NavigableMap<Long, Double>> curves;
    private final double last;
    private final double low;
    private final double high;

    private CurvePlot(List<? extends NavigableMap<Long, Double>> curves) {
        this.curves = curves;
        last = Math.max(
                1,
                curves.stream()
                        .filter(c -> !c.isEmpty())
                        .mapToLong(NavigableMap::lastKey)
                        .max()
                        .orElse(1));
        double[] values = curves.stream()
                .flatMap(c -> c.values().stream())
                .mapToDouble(v -> v)
                .filter(Double::isFinite)
                .sorted()
                .toArray();
        low = values.length == 0 ? 0 : values[0];
        high = values.length == 0 || values[values.length - 1] == low ? low + 1 : values[values.length - 1];
    }

    static String svg(String metric, List<ComparedRun> runs) {
        return new CurvePlot(runs.stream().map(r -> r.curve(metric)).toList()).svg(metric);
    }

    private String svg(String metric) {
        StringBuilder s =
                new StringBuilder("<figure><figcaption>%s</figcaption><svg viewBox=\"0 0 %d %d\" role=\"img\">"
                        .formatted(Html.text(metric), WIDTH, HEIGHT));
        text(s, LEFT - 6, 12, "end", ComparisonText.number(high));
        text(s, LEFT - 6, HEIGHT - BELOW, "end", ComparisonText.number(low));
        text(s, LEFT, HEIGHT - 4, "start", "0");
        text(s, WIDTH - 4, HEIGHT - 4, "end", "step " + (long) last);
        s.append("<path class=\"axis\" d=\"M%d 4V%dH%d\"/>".formatted(LEFT, HEIGHT - BELOW, WIDTH - 4));
        for (int i = 0; i < curves.size(); i++) {
            if (!curves.get(i).isEmpty()) {
                s.append("<path class=\"r%d\" d=\"%s\"/>".formatted(i % 8, path(curves.get(i))));
            }
        }
        return s.append("</svg></figure>\n").toString();
    }

    private static void text(StringBuilder s, int x, int y, String anchor, String text) {
        s.append("<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>".formatted(x, y, anchor, Html.text(text)));
    }

    private String path(NavigableMap<Long, Double> curve) {
        StringBuilder d = new StringBuilder();
        int every = Math.max(1, curve.size() / MOST_POINTS);
        int n = 0;
        for (var point : curve.entrySet()) {
            boolean kept = n++ % every == 0 || n == curve.size();
            if (!kept || !Double.isFinite(point.getValue())) continue;
            double x = LEFT + (WIDTH - 4 - LEFT) * point.getKey() / last;
            double y = 4 + (HEIGHT - BELOW - 4) * (high - point.getValue()) / (high - low);
            d.append(String.format(Locale.ROOT, "%s%.1f %.1f", d.isEmpty() ? "M" : "L", x, y));
        }
        return d.toString();
    }
}
