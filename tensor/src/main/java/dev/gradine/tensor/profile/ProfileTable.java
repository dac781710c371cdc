package dev.gradine.tensor.profile;

import java.util.List;

/// A profile as text.
final class ProfileTable {

    private static final double SHOWN = 0.01; // parts below this share of a step would only be noise

    private ProfileTable() {}

    static String of(Profile p, int leftOut) {
        if (p.steps() == 0) return "profile: no step after the first %d, which are not counted%n".formatted(leftOut);
        StringBuilder text = new StringBuilder();
        String steps = p.steps() == 1 ? "1 step" : p.steps() + " steps";
        text.append("%-46s %10s %7s %8s %8s%n"
                .formatted("a step's time, mean of " + steps, "ms", "share", "calls", "GFLOP/s"));
        List<ProfileRow> rows = p.rows();
        for (ProfileRow row : rows) {
            append(text, "", row, p);
            for (ProfileRow part : row.parts().size() > 1 ? row.parts() : List.<ProfileRow>of()) {
                if (part.seconds() >= SHOWN * p.seconds()) append(text, "  ", part, p);
            }
        }
        double all = rows.stream().mapToDouble(ProfileRow::seconds).sum();
        append(text, "", new ProfileRow("the whole step", all, 0, 0, List.of()), p);
        return text.toString();
    }

    private static void append(StringBuilder text, String indent, ProfileRow row, Profile p) {
        String line = "%-46s %10.1f %5.1f %% %8s %8s"
                .formatted(
                        indent + row.name(),
                        1e3 * row.seconds() / p.steps(),
                        100 * row.seconds() / p.seconds(),
                        row.calls() == 0 ? "" : String.valueOf(Math.round((double) row.calls() / p.steps())),
                        row.flop() > 0 ? "%.0f".formatted(row.gflops()) : "");
        text.append(line.stripTrailing()).append(System.lineSeparator());
    }
}
