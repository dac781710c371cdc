package dev.gradine.cli.plan;

import java.util.Locale;

/// Numbers as people read them.
public final class Units {

    private Units() {}

    /// In units of 1000³ or 1000² bytes.
    public static String bytes(long bytes) {
        double gb = bytes / 1e9;
        if (gb >= 100) return text("%,.0f GB", gb);
        if (gb >= 10) return text("%.1f GB", gb);
        return gb >= 1 ? text("%.2f GB", gb) : text("%.1f MB", bytes / 1e6);
    }

    /// Seconds, minutes or hours.
    public static String time(double seconds) {
        if (seconds < 120) return text("%.3g s", seconds);
        return seconds < 7200 ? text("%.1f min", seconds / 60) : text("%,.1f h", seconds / 3600);
    }

    private static String text(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
