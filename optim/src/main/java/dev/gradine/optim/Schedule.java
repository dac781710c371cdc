package dev.gradine.optim;

import java.util.Arrays;
import java.util.Locale;

/// How the learning rate moves over a run: a factor of its peak.
///
/// ```
/// t < w:      t / w                                    all of them, for w warm-up steps
/// constant:   1
/// linear:     (T − t) / (T − w)
/// cosine:     ½ (1 + cos(π (t − w) / (T − w)))
/// ```
///
/// Step t counts from 0, T is the number of steps: as `transformers` defines them.
public enum Schedule {
    CONSTANT,
    LINEAR,
    COSINE;

    /// Factor at step `t` of `total`, after `warmup` steps of rising.
    public double factor(int t, int warmup, int total) {
        if (t < warmup) return (double) t / warmup;
        double left = Math.max(1, total - warmup);
        return switch (this) {
            case CONSTANT -> 1;
            case LINEAR -> Math.max(0, (total - t) / left);
            case COSINE -> Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (t - warmup) / left)));
        };
    }

    /// Reads a name as users write it.
    ///
    /// @throws IllegalArgumentException lists the names there are
    public static Schedule parse(String name) {
        for (Schedule s : values()) if (s.toString().equals(name)) return s;
        throw new IllegalArgumentException(
                "schedule: \"%s\", expected one of %s".formatted(name, Arrays.toString(values())));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
