package dev.gradine.train.live;

import dev.gradine.train.report.Html;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// An op of a tape as its page shows it.
///
/// @param fields of the line in `tape.json`
record TapeRow(Map<?, ?> fields) {

    /// No op.
    static final TapeRow NONE = new TapeRow(Map.of());

    static TapeRow of(Map<?, ?> fields) {
        return new TapeRow(fields);
    }

    static int whole(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof Number n ? n.intValue() : 0;
    }

    String op() {
        return text("op");
    }

    String place() {
        return text("place");
    }

    /// As markup.
    String shape() {
        return fields.get("shape") instanceof List<?> dims ? Html.text(text("dtype") + dims) : "";
    }

    long bytes() {
        return fields.get("bytes") instanceof Number n ? n.longValue() : 0;
    }

    int made() {
        return whole(fields, "made");
    }

    int gone() {
        return whole(fields, "gone");
    }

    /// Event before which it was made again; below 0 if it was not.
    int again() {
        return fields.containsKey("again") ? whole(fields, "again") : -1;
    }

    int goneAgain() {
        return whole(fields, "gone_again");
    }

    /// Whether its result is held at an event.
    boolean isHeldAt(int event) {
        boolean first = event >= made() && event < gone();
        return first || (again() >= 0 && event >= again() && event < goneAgain());
    }

    private String text(String name) {
        Object value = fields.get(name);
        return value == null ? "" : value.toString();
    }

    /// @param events of the step
    String html(int events) {
        String name = Boolean.TRUE.equals(fields.get("backward")) ? op() + " (backward)" : op();
        String size = bytes() == 0 ? "view" : String.format(Locale.ROOT, "%,d", bytes());
        String norm =
                fields.get("gradient") instanceof Number n ? String.format(Locale.ROOT, "%.3e", n.doubleValue()) : "–";
        String lives = bytes() == 0
                ? ""
                : bar(made(), gone(), events) + (again() < 0 ? "" : bar(again(), goneAgain(), events));
        return "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td>"
                        .formatted(Html.text(name), Html.text(place()), shape(), size)
                + "<td class=\"lives\" title=\"%d to %d of %d\">%s</td><td>%s</td></tr>\n"
                        .formatted(made(), gone(), events, lives, norm);
    }

    private static String bar(int from, int to, int events) {
        double all = Math.max(1, events + 1);
        return String.format(
                Locale.ROOT,
                "<i style=\"left:%.2f%%;width:%.2f%%\"></i>",
                100 * from / all,
                Math.max(0.4, 100 * (Math.min(to, all) - from) / all));
    }
}
