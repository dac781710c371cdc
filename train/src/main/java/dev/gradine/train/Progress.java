package dev.gradine.train;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Where a run stands: a bar that redraws itself on a terminal, a plain line now and then elsewhere.
///
/// ```
/// train ━━━━━━━━━━━━━━━━━━━━ 120/200  loss 1.2345  0:42 left  812 tok/s  1234 MB
/// left = (steps to go) · t̂        t̂ ← t̂ + a (t − t̂)   per step, a = max(1/n, 0.1) at the n-th update
/// ```
///
/// Close it on success and on failure alike: the last state stays on its own line and whatever is printed next begins
/// on a fresh one. Not for several threads at once.
public final class Progress implements AutoCloseable {

    private static final long BAR_NANOS = 100_000_000L;
    private static final long LINE_NANOS = 5_000_000_000L;
    private static final int LONGEST_BAR = 30;
    private static final int SHORTEST_BAR = 8;

    private final Terminal screen;
    private final String label;
    private final long total;
    private final String chosen;
    private final boolean fine;

    private long step;
    private long stepAt;
    private long shownAt;
    private long updates;
    private double secondsPerStep;
    private Map<String, Double> metrics = Map.of();
    private boolean drawn;
    private boolean pending;

    /// A display of a run that has done `done` of `total` steps.
    ///
    /// @param label one word, such as `train`
    /// @param chosen name of one more metric to show after the loss; empty for none
    public Progress(Terminal screen, String label, long done, long total, String chosen) {
        if (done < 0 || done > total) {
            throw new IllegalArgumentException(
                    "progress: done is " + done + ", expected 0 to " + total + " (the total)");
        }
        this.screen = screen;
        this.label = label;
        this.total = total;
        this.chosen = chosen;
        PrintStream out = screen.out();
        fine = out.charset().canEncode() && out.charset().newEncoder().canEncode("━·");
        step = done;
        stepAt = screen.nanos().getAsLong();
        shownAt = stepAt - LINE_NANOS;
    }

    /// Shows that `at` steps are done; redraws at most ten times a second, or prints at most one line in five seconds,
    /// but always the last step.
    ///
    /// @param values as they go to the metrics log; used are `loss`, the chosen one, `tokens_per_second` and
    ///     `peak_memory_mb`
    /// @throws IllegalArgumentException if `at` lies behind what was shown or beyond the total
    public void update(long at, Map<String, ? extends Number> values) {
        if (at < step || at > total) {
            throw new IllegalArgumentException("progress: step is " + at + ", expected " + step + " to " + total);
        }
        long now = screen.nanos().getAsLong();
        if (at > step) {
            double each = (now - stepAt) / 1e9 / (at - step);
            updates++;
            secondsPerStep += Math.max(1.0 / updates, 0.1) * (each - secondsPerStep);
            stepAt = now;
        }
        step = at;
        Map<String, Double> copy = new LinkedHashMap<>();
        values.forEach((name, value) -> copy.put(name, value.doubleValue()));
        metrics = copy;
        pending = true;
        if (step < total && now - shownAt < (screen.terminal() ? BAR_NANOS : LINE_NANOS)) return;
        shownAt = now;
        show();
    }

    /// Prints a line of its own above the bar.
    public void note(String text) {
        boolean redraw = drawn;
        erase();
        drawn = false;
        screen.out().println(text);
        if (redraw) draw();
    }

    /// Leaves the last state on its own line, with the cursor below it.
    @Override
    public void close() {
        if (pending) show();
        if (drawn) screen.out().println();
        drawn = false;
    }

    private void show() {
        pending = false;
        if (screen.terminal()) draw();
        else screen.out().println(label + " " + step + "/" + total + "  " + String.join("  ", fields()));
    }

    private void draw() {
        erase();
        screen.out().print(bar());
        screen.out().flush();
        drawn = true;
    }

    private void erase() {
        if (screen.terminal() && drawn) screen.out().print("\r\u001b[2K");
    }

    /// One line shorter than the screen is wide, since a full one would wrap: fields are left out from the right,
    /// then the bar.
    private String bar() {
        int room = screen.columns() - 1;
        List<String> shown = new ArrayList<>(fields());
        String count = step + "/" + total;
        while (!shown.isEmpty() && width(label, count, shown) + SHORTEST_BAR + 1 > room) shown.removeLast();
        int cells = Math.min(LONGEST_BAR, room - width(label, count, shown) - 1);
        String line = label + " " + (cells < SHORTEST_BAR ? "" : cells(cells) + " ") + count;
        for (String field : shown) line += "  " + field;
        return line.length() <= room ? line : line.substring(0, Math.max(room, 0));
    }

    private static int width(String label, String count, List<String> fields) {
        return label.length()
                + 1
                + count.length()
                + fields.stream().mapToInt(f -> 2 + f.length()).sum();
    }

    private String cells(int n) {
        int full = total == 0 ? n : (int) (n * step / total);
        return fine ? "━".repeat(full) + "·".repeat(n - full) : "#".repeat(full) + ".".repeat(n - full);
    }

    /// What matters most first.
    private List<String> fields() {
        List<String> fields = new ArrayList<>();
        add(fields, "loss", "loss %.4f");
        add(fields, chosen, chosen.replace("%", "%%") + " %.4f");
        if (updates > 0) fields.add(step < total ? clock((total - step) * secondsPerStep) + " left" : "done");
        add(fields, "tokens_per_second", "%.0f tok/s");
        add(fields, "peak_memory_mb", "%.0f MB");
        return fields;
    }

    private void add(List<String> fields, String name, String form) {
        Double value = metrics.get(name);
        if (value != null) fields.add(String.format(Locale.ROOT, form, value));
    }

    /// `m:ss` or `h:mm:ss`.
    static String clock(double seconds) {
        long s = Math.round(seconds);
        if (s < 3600) return String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
        return String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    }
}
