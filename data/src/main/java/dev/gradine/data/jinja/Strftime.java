package dev.gradine.data.jinja;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/// Python's `strftime` in the C locale.
final class Strftime {
    private static final Map<Character, String> PATTERNS = Map.ofEntries(
            Map.entry('d', "dd"),
            Map.entry('m', "MM"),
            Map.entry('y', "yy"),
            Map.entry('Y', "yyyy"),
            Map.entry('b', "MMM"),
            Map.entry('B', "MMMM"),
            Map.entry('a', "EEE"),
            Map.entry('A', "EEEE"),
            Map.entry('H', "HH"),
            Map.entry('I', "hh"),
            Map.entry('M', "mm"),
            Map.entry('S', "ss"),
            Map.entry('p', "a"),
            Map.entry('j', "DDD"),
            Map.entry('f', "SSSSSS"),
            Map.entry('F', "yyyy-MM-dd"),
            Map.entry('T', "HH:mm:ss"),
            Map.entry('R', "HH:mm"),
            Map.entry('D', "MM/dd/yy"));

    private Strftime() {}

    static String format(String format, LocalDateTime time, Budget budget) {
        var out = new BoundedText(budget);
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            boolean bare = directive == '-' && i + 1 < format.length();
            if (bare) directive = format.charAt(++i);
            budget.step();
            String done = directive(directive, time);
            out.append(bare ? done.replaceFirst("^0+(?=.)", "") : done);
        }
        return out.toString();
    }

    private static String directive(char directive, LocalDateTime time) {
        if (directive == '%') return "%";
        String pattern = PATTERNS.get(directive);
        if (pattern == null) throw new Fault("strftime_now: directive '%" + directive + "' is not known");
        return DateTimeFormatter.ofPattern(pattern, Locale.US).format(time);
    }
}
