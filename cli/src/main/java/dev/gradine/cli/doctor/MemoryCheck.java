package dev.gradine.cli.doctor;

import java.util.OptionalLong;

/// How much memory a run may take.
public final class MemoryCheck {

    private static final long LEAST = 512L << 20; // the demo's model and the JVM itself
    private static final long LITTLE = 2L << 30; // a step of a model of 135 million parameters

    private MemoryCheck() {}

    /// What there is, less what a container leaves of it.
    public static Finding of(SystemFiles files) {
        OptionalLong total = kilobytes(files, "MemTotal");
        OptionalLong free = kilobytes(files, "MemAvailable");
        ControlGroup group = new ControlGroup(files);
        OptionalLong limit = group.memory();
        if (total.isEmpty()) return Finding.fine("memory", "not told by this system");
        String text = "%s, %s free".formatted(gigabytes(total.getAsLong()), gigabytes(free.orElse(0)));
        boolean limited = limit.isPresent() && limit.getAsLong() < total.getAsLong();
        if (limited) {
            text += "; this process may have %s (cgroup v%d)".formatted(gigabytes(limit.getAsLong()), group.version());
        }
        long usable = Math.min(limited ? limit.getAsLong() : Long.MAX_VALUE, free.orElse(total.getAsLong()));
        return judged(text, usable, limited && usable == limit.getAsLong());
    }

    private static Finding judged(String text, long usable, boolean limited) {
        String mend = limited ? "give the container more, such as docker run --memory=8g" : "end other programs";
        if (usable < LEAST) {
            return Finding.prevents("memory", text, "less than 512 MB can be used, too little for any run: " + mend);
        }
        if (usable < LITTLE) {
            return Finding.hinders(
                    "memory",
                    text,
                    "%s can be used: train with --batch 1 --gradient-checkpointing and --quantize nf4, or %s"
                            .formatted(gigabytes(usable), mend));
        }
        return Finding.fine("memory", text);
    }

    private static OptionalLong kilobytes(SystemFiles files, String key) {
        OptionalLong n = SystemFiles.value(files.proc().resolve("meminfo"), key)
                .map(SystemFiles::number)
                .orElse(OptionalLong.empty());
        return n.isPresent() ? OptionalLong.of(n.getAsLong() << 10) : n;
    }

    static String gigabytes(long bytes) {
        return "%.1f GB".formatted(bytes / (double) (1 << 30));
    }
}
