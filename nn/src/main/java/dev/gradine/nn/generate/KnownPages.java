package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is known of the contents of pages: beginnings of prompts, page behind page.
///
/// A page is found by a hash over its tokens and the page before it; what is found is compared, token by token.
final class KnownPages {

    /// A page of a prompt that was read under `adapters`, behind the page `before`, or at the beginning.
    static final class Known {
        private final Adapters adapters;
        private final @Nullable Known before;
        private final int[] tokens;
        private final int hash;
        final int page;

        /// @param prompt of which the page holds `PageMemory.UNIT` tokens, from number `from` on
        Known(Adapters adapters, @Nullable Known before, int[] prompt, int from, int page) {
            this.adapters = adapters;
            this.before = before;
            this.tokens = Arrays.copyOfRange(prompt, from, from + PageMemory.UNIT);
            this.hash = 31 * (before == null ? adapters.hashCode() : before.hash) + Arrays.hashCode(tokens);
            this.page = page;
        }

        @Override
        public int hashCode() {
            return hash;
        }

        /// Whether the same was read. There is one object for each beginning, so that of `before` says all of it.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Known o
                    && before == o.before
                    && adapters.equals(o.adapters)
                    && Arrays.equals(tokens, o.tokens);
        }
    }

    private static final int NONE = -1;

    private final Map<Known, Known> all = new HashMap<>();
    private final Map<Integer, Known> byPage = new HashMap<>();
    private final LinkedHashSet<Known> idle = new LinkedHashSet<>(); // that no text has, longest unused first

    /// The page that holds the tokens from number `from` on of a prompt, behind `before`; null if none is known.
    @Nullable
    Known find(Adapters adapters, @Nullable Known before, int[] prompt, int from) {
        return all.get(new Known(adapters, before, prompt, from, NONE));
    }

    void add(Known known) {
        all.put(known, known);
        byPage.put(known.page, known);
    }

    /// Pages that are known and that no text has.
    int idle() {
        return idle.size();
    }

    /// A text has the page.
    void use(int page) {
        Known known = byPage.get(page);
        if (known != null) idle.remove(known);
    }

    /// No text has the page any more.
    ///
    /// @return whether it is known
    boolean rest(int page) {
        Known known = byPage.get(page);
        return known != null && idle.add(known);
    }

    /// Forgets the page that no text has had for longest. None that is known lies behind it: a text that has a page has
    /// those before it, and lays down the last one first.
    int giveUp() {
        Known oldest = idle.removeFirst();
        forget(oldest);
        return oldest.page;
    }

    /// Forgets what was read under `adapters`.
    ///
    /// @return the pages
    List<Integer> forget(Adapters adapters) {
        List<Known> gone =
                all.keySet().stream().filter(k -> k.adapters.equals(adapters)).toList();
        gone.forEach(this::forget);
        return gone.stream().map(k -> k.page).toList();
    }

    private void forget(Known known) {
        all.remove(known);
        byPage.remove(known.page);
        idle.remove(known);
    }
}
