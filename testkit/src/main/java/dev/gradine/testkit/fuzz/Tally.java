package dev.gradine.testkit.fuzz;

import java.util.Locale;

/// Counts the verdicts over one kind and keeps the slowest file and the one that took most memory.
final class Tally {

    static final String HEADINGS = "%-26s %9s %9s %9s %7s %12s %10s %9s"
            .formatted("kind", "files", "read", "refused", "faults", "slowest, ms", "most, MB", "seconds");

    private final long start = System.nanoTime();
    private int files;
    private int read;
    private int faults;
    private long slowest;
    private long most;

    void add(Verdict v) {
        files++;
        if (v.isFault()) faults++;
        else if (v.read()) read++;
        slowest = Math.max(slowest, v.nanos());
        most = Math.max(most, v.bytes());
    }

    int faults() {
        return faults;
    }

    /// One line under the headings.
    String line(String kind) {
        return String.format(
                Locale.ROOT,
                "%-26s %9d %9d %9d %7d %12.1f %10.1f %9.1f",
                kind,
                files,
                read,
                files - read - faults,
                faults,
                slowest / 1e6,
                most / (double) (1 << 20),
                (System.nanoTime() - start) / 1e9);
    }
}
