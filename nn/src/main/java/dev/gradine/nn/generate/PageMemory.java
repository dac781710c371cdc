package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.generate.KnownPages.Known;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The pages of a cache, handed out to texts one by one: Kwon et al. 2023 (arXiv:2309.06180), sections 4.2 to 4.4.
///
/// Texts that begin alike have pages in common. One that is about to write into such a page gets a copy of its own.
/// What was read of a prompt stays where it is after its texts have ended, until its pages are wanted: a later prompt
/// that begins alike, under the same adapters, has these pages instead of reading again.
final class PageMemory {

    /// Tokens of a page. What is read behind whole pages has the bits that it has behind tokens that were read.
    static final int UNIT = AttentionKernel.BLOCK;

    /// Tokens that are left to be read at least: products of fewer rows sum in another order.
    static final int LEFT = MatMulKernel.MANY_ROWS;

    private final KvCache cache;
    private final Kernels k;
    private final int[] users; // of each page: texts that have it
    private final BitSet free = new BitSet(); // pages that no text has and of which nothing is known
    private final KnownPages known = new KnownPages();
    private int reserved; // of the pages that no text has, those that texts will want

    PageMemory(KvCache cache, Kernels k) {
        this.cache = cache;
        this.k = k;
        users = new int[cache.capacity() / UNIT];
        free.set(0, users.length);
    }

    /// Pages of `tokens` tokens.
    static int pages(int tokens) {
        return Math.ceilDiv(tokens, UNIT);
    }

    /// Pages of a prompt and of some texts of `tokens` tokens behind it. They have whole pages of the prompt in common.
    static long pages(int prompt, int texts, int tokens) {
        return prompt / UNIT + (long) texts * pages(Math.addExact(prompt % UNIT, tokens));
    }

    /// Pages in all.
    int all() {
        return users.length;
    }

    /// Pages that texts have.
    int used() {
        return users.length - free.cardinality() - known.idle();
    }

    private int available() {
        return free.cardinality() + known.idle() - reserved;
    }

    /// A text without pages.
    TextPages empty() {
        return new TextPages(cache.openState());
    }

    /// Room for a prompt; null if there is none.
    ///
    /// @param recalls whether what is known of its beginning is taken over instead of being read
    /// @param wanted pages of it and its texts, of which those that it does not fill are reserved
    @Nullable
    TextPages open(int[] prompt, Adapters adapters, boolean recalls, int wanted) {
        TextPages text = empty();
        if (recalls) recall(text, prompt, adapters);
        int more = wanted - text.pages.size();
        if (more > available()) {
            release(text);
            return null;
        }
        text.reserved = more;
        reserved += more;
        while (text.capacity() < prompt.length) extend(text);
        return text;
    }

    private void recall(TextPages text, int[] prompt, Adapters adapters) {
        Known last = null;
        for (int from = 0; from + UNIT <= prompt.length - LEFT; from += UNIT) {
            last = known.find(adapters, last, prompt, from);
            if (last == null) break;
            hold(last.page);
            text.pages.add(last.page);
            text.length += UNIT;
        }
    }

    /// Notes what the whole pages of a prompt hold, which has been read. Where another text has read the same, its
    /// pages take the place of these.
    void learn(TextPages text, int[] prompt, Adapters adapters) {
        if (cache.isRecurrent()) return;
        Known last = null;
        for (int i = 0; i < prompt.length / UNIT; i++) {
            int own = text.pages.get(i);
            Known same = known.find(adapters, last, prompt, i * UNIT);
            if (same == null) {
                same = new Known(adapters, last, prompt, i * UNIT, own);
                known.add(same);
            } else if (same.page != own) {
                hold(same.page);
                text.pages.set(i, same.page);
                drop(own);
            }
            last = same;
        }
    }

    /// Forgets prompts that were read under `adapters`.
    void forget(Adapters adapters) {
        for (int page : known.forget(adapters)) if (users[page] == 0) free.set(page);
    }

    /// Makes a place for the next token of a text, where no other text reads.
    ///
    /// @return whether there is one
    boolean prepare(TextPages text) {
        if (text.length == text.capacity()) return extend(text);
        int at = text.length / UNIT;
        int page = text.pages.get(at);
        if (users[page] == 1) return true;
        if (!mayTake(text)) return false;
        int own = take(page + 1);
        cache.copy(k, page * UNIT, own * UNIT, text.length % UNIT);
        text.pages.set(at, own);
        drop(page);
        return true;
    }

    /// Gives a text a page more.
    ///
    /// @return whether there is one
    boolean extend(TextPages text) {
        if (!mayTake(text)) return false;
        text.pages.add(take(text.pages.isEmpty() ? 0 : text.pages.getLast() + 1));
        return true;
    }

    private boolean mayTake(TextPages text) {
        if (text.reserved == 0) return available() > 0;
        text.reserved--;
        reserved--;
        return true;
    }

    /// A page that no text has: the one named, if it is free, since pages that follow one another are read at once.
    private int take(int best) {
        int page = free.get(best) ? best : free.nextSetBit(0);
        if (page < 0) page = known.giveUp();
        free.clear(page);
        users[page] = 1;
        return page;
    }

    private void hold(int page) {
        if (users[page]++ == 0) known.use(page);
    }

    private void drop(int page) {
        if (--users[page] == 0 && !known.rest(page)) free.set(page);
    }

    /// A text that goes on where `from` is, in the same pages, and gets `share` of those that are reserved for it.
    TextPages fork(TextPages from, int share) {
        TextPages other = empty();
        from.pages.forEach(this::hold);
        other.pages.addAll(from.pages);
        other.length = from.length;
        other.reserved = share;
        from.reserved -= share;
        cache.copyState(k, from.state, other.state);
        return other;
    }

    /// Takes the pages of a text, which is over, the last one first: without the earlier ones it is of no use.
    void release(TextPages text) {
        reserved -= text.reserved;
        for (int page : List.copyOf(text.pages).reversed()) drop(page);
        text.pages.clear();
        cache.closeState(text.state);
    }
}
