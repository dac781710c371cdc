package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.tensor.Kernels;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/// Texts that are written together. Each comes in when there is room and leaves when it ends; meanwhile each step gives
/// every one its next token, so that they read the weights together. Yu et al. 2022, "Orca" (OSDI 2022), section 3.1.
///
/// On the CPU what a text becomes does not depend, to the last bit, on those beside it: its prompt is read in
/// pieces that begin at fixed positions, alone or beside others where that changes no bit; its own tokens are read in
/// products that sum by row.
///
/// One thread runs a batch. Others may cancel writings.
public final class ContinuousBatch implements AutoCloseable {

    private final CausalLm model;
    private final Room room;
    private final Kernels k;
    private final PageMemory memory;
    private final BatchReading reading;
    private final ArrayDeque<PromptGroup> waiting = new ArrayDeque<>();
    private final List<PromptGroup> inside = new ArrayList<>(); // in the order they came in

    /// How much is held at once.
    ///
    /// @param tokens whose keys are held
    /// @param texts that are written at once
    /// @param promptTokens read in a step before texts get their next token; a piece of a prompt is read whole
    public record Room(int tokens, int texts, int promptTokens) {

        /// @throws IllegalArgumentException if one of them is not positive
        public Room {
            if (tokens < 1 || texts < 1 || promptTokens < 1) {
                throw new IllegalArgumentException("generate: room for %d tokens, %d texts, %d tokens a step, expected "
                                .formatted(tokens, texts, promptTokens)
                        + "at least 1 of each");
            }
        }
    }

    /// What it holds now.
    ///
    /// @param waiting prompts without room
    /// @param reading prompts that are being read
    /// @param writing texts that are being written
    /// @param pages of the cache that these have, of 96 tokens each
    /// @param allPages of the cache
    public record Load(int waiting, int reading, int writing, int pages, int allPages) {}

    /// @param run lifetime within which the cache is opened
    /// @param mixing how texts with different adapters are read together
    public ContinuousBatch(CausalLm model, Kernels run, Room room, Mixing mixing) {
        this.model = model;
        this.room = room;
        k = run.openStep();
        KvCache cache = model.newCache(k, whole(room.tokens), room.texts);
        memory = new PageMemory(cache, k);
        reading = new BatchReading(model, k, cache, mixing);
    }

    /// Takes a writing in, behind those that wait.
    ///
    /// @throws IllegalArgumentException as `require`
    public void add(Writing w) {
        require(w);
        int limit = limit(model, w.adapters(), w.prompt(), w.rule().maxTokens());
        Adapters adapters = w.adapters();
        if (isTogether(adapters)) {
            waiting.add(new PromptGroup(w, w.draws(), 0, adapters, limit));
            return;
        }
        Adapters own = adapters.continuing(w.prompt());
        for (int i = 0; i < w.draws().size(); i++) {
            waiting.add(new PromptGroup(w, w.draws().subList(i, i + 1), i, own, limit));
        }
    }

    /// Fails unless a writing can be taken in. For any thread.
    ///
    /// @throws IllegalArgumentException if its prompt is empty or too long for the model, or its texts for the room
    public void require(Writing w) {
        int limit = limit(model, w.adapters(), w.prompt(), w.rule().maxTokens());
        int texts = isTogether(w.adapters()) ? w.draws().size() : 1;
        long tokens = w.prompt().length + (long) texts * limit;
        if (tokens > room.tokens || texts > room.texts) {
            throw new IllegalArgumentException(
                    "generate: %d texts of %d tokens, expected at most %d texts and %d tokens together"
                            .formatted(texts, w.prompt().length + limit, room.texts, room.tokens));
        }
        long pages = PageMemory.pages(w.prompt().length, texts, limit);
        if (pages <= memory.all()) return;
        throw new IllegalArgumentException("generate: %d texts of %d tokens have %d pages of %d, expected at most %d"
                .formatted(texts, w.prompt().length + limit, pages, PageMemory.UNIT, memory.all()));
    }

    /// Tokens of the whole pages that a text of `tokens` tokens has.
    ///
    /// @throws ArithmeticException if there are so many that they cannot be counted
    public static int whole(int tokens) {
        return Math.multiplyExact(PageMemory.pages(tokens), PageMemory.UNIT);
    }

    /// Tokens that may be written behind a prompt.
    ///
    /// @throws IllegalArgumentException if it is empty or leaves no room within the model's positions
    static int limit(CausalLm model, Adapters adapters, int[] prompt, int maxTokens) {
        int most = model.maxPositions() - adapters.virtualTokens();
        int length = prompt.length;
        if (length == 0) throw new IllegalArgumentException("generate: the prompt has no token");
        if (length > most || (length == most && maxTokens > 0)) {
            throw new IllegalArgumentException(
                    "generate: the prompt has %d tokens, expected fewer than %d".formatted(length, most));
        }
        return Math.min(most - length, maxTokens);
    }

    /// Forgets what was read of earlier prompts under `adapters`, which will not act again.
    public void forget(Adapters adapters) {
        memory.forget(adapters);
    }

    /// What it holds now.
    public Load load() {
        int read = (int) inside.stream().filter(g -> g.isRead).count();
        int writing =
                (int) answers(inside).filter(a -> a.group.isRead && !a.isOver).count();
        return new Load(waiting.size(), inside.size() - read, writing, memory.used(), memory.all());
    }

    /// What drafts were worth so far.
    ///
    /// @param guessed tokens
    /// @param right how many of them were those that the model drew
    public record Drafts(long guessed, long right) {}

    /// What drafts were worth so far.
    public Drafts drafts() {
        return reading.drafts();
    }

    /// Reads some of the prompts, then gives every text that is being written a token more.
    ///
    /// @return whether anything is left to do
    public boolean step() {
        waiting.removeIf(ContinuousBatch::endIfCancelled);
        inside.forEach(ContinuousBatch::endIfCancelled);
        leave();
        while (!waiting.isEmpty() && comesIn(waiting.peekFirst())) inside.add(waiting.removeFirst());
        int tokens = 0;
        while (tokens < room.promptTokens) {
            List<PromptGroup> next = nextPrompts();
            if (next.isEmpty()) break;
            for (PromptGroup g : next) tokens += reading.next(g);
            reading.readPrompts(next);
            for (PromptGroup g : next) if (g.isRead && g.own == null) share(g);
        }
        leave();
        write();
        leave();
        return !waiting.isEmpty() || !inside.isEmpty();
    }

    /// The prompt that has waited longest to be read, and others that may be read beside it.
    private List<PromptGroup> nextPrompts() {
        List<PromptGroup> next = new ArrayList<>();
        int full = Math.clamp(room.promptTokens, BatchReading.PIECE, BatchReading.TOGETHER);
        int tokens = 0;
        for (PromptGroup g : inside) {
            if (g.isRead || g.isOver()) continue;
            if (!next.isEmpty() && !reading.isReadTogether(g)) continue;
            next.add(g);
            tokens += reading.next(g);
            if (tokens >= full || !reading.isReadTogether(next.getFirst())) break;
        }
        return next;
    }

    /// Steps until nothing is left to do.
    public void finish() {
        boolean more = true;
        while (more) more = step();
    }

    private static boolean endIfCancelled(PromptGroup g) {
        if (!g.writing.isCancelled()) return false;
        for (Answer a : g.answers) if (!a.isOver) a.end(Ending.of(Ending.Why.CANCELLED));
        return true;
    }

    private static Stream<Answer> answers(Collection<PromptGroup> groups) {
        return groups.stream().flatMap(g -> g.answers.stream());
    }

    /// Takes back the pages of texts that are over.
    private void leave() {
        for (PromptGroup g : inside) {
            for (Answer a : g.answers) if (a.isOver) release(a);
            if (g.isOver()) releasePrompt(g);
        }
        inside.removeIf(PromptGroup::isOver);
    }

    private void release(Answer a) {
        TextPages pages = a.pages;
        if (pages != null) memory.release(pages);
        a.pages = null;
    }

    private void releasePrompt(PromptGroup g) {
        KvCache own = g.own;
        if (own != null) own.release(k);
        g.own = null;
        TextPages pages = g.pages;
        if (pages != null) memory.release(pages);
        g.pages = null;
    }

    /// Gives a prompt pages, if there are enough for it and for its texts.
    private boolean comesIn(PromptGroup g) {
        long texts = answers(inside).filter(a -> !a.isOver).count();
        if (texts + g.open().size() > room.texts) return false;
        if (!isTogether(g.adapters)) {
            g.own = model.newCache(k, g.adapters.virtualTokens() + g.prompt().length + g.limit);
            return true;
        }
        boolean recalls = !g.writing.rule().reports().prompt();
        long wanted = PageMemory.pages(g.prompt().length, g.open().size(), g.reserved());
        TextPages pages = memory.open(g.prompt(), g.adapters, recalls, Math.toIntExact(wanted));
        if (pages == null) return false;
        g.pages = pages;
        if (pages.length > 0 && !g.wasPutOff) g.writing.listener().known(pages.length);
        return true;
    }

    /// Notes what a prompt's pages hold, now that it has been read, and gives them to its texts.
    private void share(PromptGroup g) {
        memory.learn(g.pages(), g.prompt(), g.adapters);
        List<Answer> open = g.open();
        if (open.isEmpty()) return;
        int each = PageMemory.pages(g.prompt().length % PageMemory.UNIT + g.reserved());
        for (Answer a : open.subList(0, open.size() - 1)) a.pages = memory.fork(g.pages(), each);
        open.getLast().pages = g.pages();
        g.pages = null;
    }

    /// Whether texts with these adapters may be read beside others.
    static boolean isTogether(Adapters adapters) {
        return adapters.virtualTokens() == 0 && adapters.areCausal();
    }

    /// The next token of every text.
    private void write() {
        List<Answer> together = new ArrayList<>();
        for (PromptGroup g : List.copyOf(inside)) {
            if (!g.isRead) continue;
            for (Answer a : g.answers) {
                if (a.isOver) continue;
                if (g.own != null) reading.writeAlone(a);
                else if (hasRoom(a)) together.add(a);
            }
        }
        together.removeIf(a -> a.pages == null); // put off for the room of an older one
        if (!together.isEmpty()) reading.write(together);
    }

    /// Whether the next token of a text has a row; texts that came in later give way.
    private boolean hasRoom(Answer a) {
        while (a.pages != null && !memory.prepare(a.pages())) {
            putOff(inside.stream().filter(g -> g.own == null).toList().getLast());
        }
        return a.pages != null;
    }

    /// Takes the pages of a prompt and its texts; they are read again when there is room.
    private void putOff(PromptGroup g) {
        g.answers.forEach(this::release);
        releasePrompt(g);
        inside.remove(g);
        waiting.addFirst(g);
        g.isRead = false;
        g.wasPutOff = true;
    }

    @Override
    public void close() {
        k.close();
    }
}
