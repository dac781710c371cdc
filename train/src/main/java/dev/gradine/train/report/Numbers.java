package dev.gradine.train.report;

import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Numbers and times as the page prints them, in English and with a point, wherever it is made.
final class Numbers {

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm", Locale.ENGLISH);
    private static final String THIN_SPACE = "\u2009";

    private Numbers() {}

    /// Four significant digits: `2.413`, `0.0003120`, `1234`.
    static String number(double v) {
        if (v == 0 || !Double.isFinite(v)) return v == 0 ? "0" : Double.toString(v);
        int digits = 3 - (int) Math.floor(Math.log10(Math.abs(v)));
        if (digits > 8) return String.format(Locale.ROOT, "%.2e", v);
        return sign(String.format(Locale.ROOT, "%." + Math.max(0, digits) + "f", v));
    }

    /// At most two decimals, none of them an idle zero: `1 epoch`, `0.75 epochs`, `less than 0.01 epochs`.
    static String epochs(double n) {
        if (n > 0 && n < 0.005) return "less than 0.01 epochs";
        String number = String.format(Locale.ROOT, "%.2f", n).replaceFirst("\\.?0+$", "");
        return number + (number.equals("1") ? " epoch" : " epochs");
    }

    /// Thousands apart: `12 345`.
    static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n).replace(",", THIN_SPACE);
    }

    /// Three digits and a letter: `134.5 M`.
    static String brief(long n) {
        if (n < 10_000) return count(n);
        double v = n;
        String letter = "";
        for (String next : new String[] {"k", "M", "G"}) {
            if (v < 1000) break;
            v /= 1000;
            letter = next;
        }
        return String.format(Locale.ROOT, v < 100 ? "%.2f" : "%.1f", v) + THIN_SPACE + letter;
    }

    /// Of one: `0.34 %`, `71.2 %`.
    static String percent(double share) {
        double p = 100 * share;
        String form = p != 0 && Math.abs(p) < 1 ? "%.2f" : "%.1f";
        return sign(String.format(Locale.ROOT, form, p)) + THIN_SPACE + "%";
    }

    /// `8.3 s`, `12 min 31 s`, `3 h 07 min`.
    static String seconds(double s) {
        if (s < 60) return String.format(Locale.ROOT, "%.1f", s) + THIN_SPACE + "s";
        long whole = Math.round(s);
        String big = THIN_SPACE + "min ";
        if (whole < 3600) return whole / 60 + big + String.format(Locale.ROOT, "%02d", whole % 60) + THIN_SPACE + "s";
        return whole / 3600 + THIN_SPACE + "h " + String.format(Locale.ROOT, "%02d", whole / 60 % 60) + THIN_SPACE
                + "min";
    }

    /// Of 1024² bytes: `612 MB`, `15.6 GB` from 10 GB on.
    static String megabytes(double mb) {
        if (mb < 10 * 1024) return String.format(Locale.ROOT, mb < 10 ? "%.1f" : "%.0f", mb) + THIN_SPACE + "MB";
        return String.format(Locale.ROOT, "%.1f", mb / 1024) + THIN_SPACE + "GB";
    }

    /// `22 November 2026, 06:46`, in the zone the text names.
    static String date(String iso) {
        return OffsetDateTime.parse(iso).format(DATE);
    }

    /// Arguments as they could be typed again: those a shell would split or expand stand in single quotes.
    static String command(Iterable<String> arguments) {
        StringBuilder line = new StringBuilder();
        for (String a : arguments) {
            boolean plain = a.matches("[A-Za-z0-9_@%+=:,./-]+");
            line.append(line.isEmpty() ? "" : " ").append(plain ? a : "'" + a.replace("'", "'\\''") + "'");
        }
        return line.toString();
    }

    private static String sign(String number) {
        return number.replace('-', '\u2212');
    }
}
