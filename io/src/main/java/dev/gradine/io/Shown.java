package dev.gradine.io;

import java.lang.reflect.Array;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Values of a file as messages show them: short, on one line, and as the file has them.
final class Shown {

    private static final int MOST_CHARACTERS = 80;
    private static final int MOST_ITEMS = 5;

    private Shown() {}

    /// A number, a text, a list such as `[1, 2, 3, ... 32000 in all]`, or `missing`.
    static String of(@Nullable Object value) {
        if (value == null) return "missing";
        String text;
        if (value instanceof List<?> l) text = list(l.size(), l::get);
        else if (value.getClass().isArray()) text = list(Array.getLength(value), i -> Array.get(value, i));
        else text = value.toString();
        return text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) + " ..." : text;
    }

    private interface Items {
        @Nullable
        Object at(int i);
    }

    private static String list(int n, Items items) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < Math.min(n, MOST_ITEMS); i++) {
            text.append(i == 0 ? "" : ", ").append(of(items.at(i)));
        }
        return text.append(n > MOST_ITEMS ? ", ... %d in all]".formatted(n) : "]")
                .toString();
    }
}
