package dev.gradine.train.live;

import dev.gradine.train.report.Html;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Bytes that the results of a step's ops hold, event by event.
///
/// ```
/// held(e) = Σ over results alive at e of their bytes        alive: made ≤ e < gone, or again ≤ e < gone again
/// ```
final class TapeMemory {

    private static final int WIDTH = 1080;
    private static final int HEIGHT = 180;

    private final List<Long> held;

    private TapeMemory(List<Long> held) {
        this.held = held;
    }

    static TapeMemory of(List<TapeRow> rows, int events) {
        long[] change = new long[events + 2];
        for (TapeRow r : rows) {
            add(change, r.made(), r.gone(), r.bytes());
            if (r.again() >= 0) add(change, r.again(), r.goneAgain(), r.bytes());
        }
        List<Long> held = new ArrayList<>();
        long sum = 0;
        for (int e = 0; e < events; e++) {
            sum += change[e];
            held.add(sum);
        }
        return new TapeMemory(List.copyOf(held));
    }

    private static void add(long[] change, int from, int to, long bytes) {
        change[Math.clamp(from, 0, change.length - 1)] += bytes;
        change[Math.clamp(to, 0, change.length - 1)] -= bytes;
    }

    long peak() {
        return held.stream().mapToLong(b -> b).max().orElse(0);
    }

    /// Event at which the most is held.
    int peakAt() {
        return Math.max(0, held.indexOf(peak()));
    }

    String svg() {
        if (held.isEmpty()) return "";
        double most = Math.max(1, peak());
        StringBuilder d = new StringBuilder();
        for (int e = 0; e < held.size(); e++) {
            double x = (double) WIDTH * e / held.size();
            double y = 16 + (HEIGHT - 36) * (1 - held.get(e) / most);
            d.append(String.format(Locale.ROOT, "%s%.1f %.1f", e == 0 ? "M" : "L", x, y));
        }
        String top = Html.text(String.format(Locale.ROOT, "%,d bytes", peak()));
        return ("<figure class=\"curves\"><svg viewBox=\"0 0 %d %d\" role=\"img\"><text x=\"0\" y=\"11\">%s</text>"
                        + "<text x=\"0\" y=\"%d\">event 0</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d</text>"
                        + "<path class=\"r0\" d=\"%s\"/></svg></figure>\n")
                .formatted(WIDTH, HEIGHT, top, HEIGHT - 4, WIDTH, HEIGHT - 4, held.size(), d);
    }
}
