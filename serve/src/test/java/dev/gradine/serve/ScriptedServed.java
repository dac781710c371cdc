package dev.gradine.serve;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.FolderTemplate;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.FolderTokenizer;
import dev.gradine.data.token.SpecialTokens;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.generate.ContinuousBatch.Drafts;
import dev.gradine.nn.generate.ContinuousBatch.Load;
import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.Ending;
import dev.gradine.nn.generate.Writing;
import dev.gradine.serve.AdapterRefusedException.Why;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A model of which the test says what it writes. Its tokens are bytes; 258, `<|im_end|>`, ends a text.
public final class ScriptedServed implements Served, AutoCloseable {

    /// What ends a text.
    public static final int END = 258;

    private static final Path BASE = Golden.golden("trl/base");
    private static final int MOST = 200;

    /// Writes the texts of a prompt, on the thread that writes.
    public interface Script {
        /// Writes them.
        void write(Writing w) throws InterruptedException;
    }

    private final ExecutorService writer = Executors.newSingleThreadExecutor();
    private final AtomicInteger running = new AtomicInteger();
    private final List<Writing> asked = new ArrayList<>();
    private final List<String> adapters = new ArrayList<>(List.of("sql", "a.b"));
    private final Tokenizer tokenizer = tokenizer();
    private volatile TextCodec codec = new TextCodec(tokenizer, template());
    private volatile Script script = saying("Hello");
    private volatile boolean isFull;
    private volatile Map<String, Double> scales = Map.of();

    private static Tokenizer tokenizer() {
        try {
            return FolderTokenizer.read(BASE, SpecialTokens.none());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ChatTemplate template() {
        try {
            return FolderTemplate.read(BASE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Writes a text, a byte a token, then an end; texts of the same prompt take turns.
    public static Script saying(String text) {
        List<Integer> tokens = bytes(text);
        tokens.add(END);
        return w -> tokens(w, tokens);
    }

    /// The bytes of a text, which are its tokens.
    public static List<Integer> bytes(String text) {
        List<Integer> out = new ArrayList<>();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) out.add(id(b & 0xFF));
        return out;
    }

    /// Byte-level vocabularies: printable bytes first, then the others, each in order.
    private static int id(int b) {
        if (b <= ' ') return 188 + b;
        if (b <= '~') return b - '!';
        if (b < 0xA1) return 221 + b - 127;
        return b < 0xAD ? 94 + b - 0xA1 : b == 0xAD ? 255 : 106 + b - 0xAE;
    }

    /// Tells of tokens as a batch would: an end is not told, nor what follows where the listener has
    /// enough.
    public static void tokens(Writing w, List<Integer> tokens) {
        boolean[] isOver = new boolean[w.texts()];
        for (int i = 0; i <= tokens.size(); i++) {
            for (int draw = 0; draw < w.texts(); draw++) {
                if (isOver[draw]) continue;
                Ending ending = ending(w, draw, i, tokens);
                if (ending == null) continue;
                isOver[draw] = true;
                w.listener().end(draw, ending);
            }
        }
    }

    private static @Nullable Ending ending(Writing w, int draw, int i, List<Integer> tokens) {
        if (w.isCancelled()) return new Ending(Ending.Why.CANCELLED, -1);
        if (i == w.rule().maxTokens() || i == tokens.size()) return new Ending(Ending.Why.LENGTH, -1);
        int id = tokens.get(i);
        if (w.rule().isEnd().test(id)) return new Ending(Ending.Why.END, id);
        return w.listener().token(draw, drawn(id)) ? null : new Ending(Ending.Why.STOPPED, -1);
    }

    /// A token with a log-probability that tells its id: −id/100. The likeliest are it and token 66, `c`.
    public static DrawnToken drawn(int id) {
        float p = -id / 100f;
        return new DrawnToken(id, p, List.of(new DrawnToken.Likely(id, p), new DrawnToken.Likely(66, -5)));
    }

    /// From now on, texts are written so.
    public void script(Script other) {
        script = other;
    }

    /// From now on, chats are rendered so.
    public void template(String source) {
        codec = new TextCodec(tokenizer, ChatTemplate.parse(source));
    }

    /// From now on, no request is taken in.
    public void fill() {
        isFull = true;
    }

    /// What was asked for so far.
    public List<Writing> asked() {
        synchronized (asked) {
            return List.copyOf(asked);
        }
    }

    /// Prompts whose texts are not over.
    public int running() {
        return running.get();
    }

    @Override
    public List<Card> cards() {
        Instant then = Instant.ofEpochSecond(1_700_000_000);
        List<Card> cards = new ArrayList<>(List.of(new Card("base", Path.of("/models/base"), null, then)));
        for (String a : adapters) cards.add(new Card(a, Path.of("/adapters", a), "base", then));
        return cards;
    }

    @Override
    public @Nullable Acting acting(String name) {
        if (name.equals("base")) return new Acting("b0", Adapters.NONE);
        return adapters.contains(name) ? new Acting("b0-" + name, new Adapters() {}) : null;
    }

    @Override
    public Acting blend(Map<String, Double> scales) {
        if (!adapters.containsAll(scales.keySet())) throw new IllegalArgumentException("there is no adapter `?`");
        return new Acting("b0-" + scales, new Adapters() {});
    }

    @Override
    public Map<String, Double> scales() {
        return scales;
    }

    @Override
    public void scale(Map<String, Double> chosen) {
        blend(chosen);
        scales = chosen;
    }

    @Override
    public int adaptersInMemory() {
        return adapters.size();
    }

    @Override
    public TextCodec codec() {
        return codec;
    }

    @Override
    public boolean hasTemplate() {
        return true;
    }

    @Override
    public IntPredicate ends() {
        return id -> id == END;
    }

    @Override
    public int maxTokens() {
        return MOST;
    }

    @Override
    public Draft draft() {
        return Draft.NONE;
    }

    @Override
    public void load(String name, Path folder, boolean inPlace) {
        if (name.equals("bad")) throw new AdapterRefusedException(Why.INVALID, "w: is [2], expected [3]");
        if (adapters.contains(name) && !inPlace) throw new AdapterRefusedException(Why.EXISTS, "it is there");
        if (!adapters.contains(name)) adapters.add(name);
    }

    @Override
    public void unload(String name) {
        if (!adapters.remove(name)) throw new AdapterRefusedException(Why.NOT_FOUND, "there is none");
    }

    @Override
    public void submit(Writing writing) {
        if (isFull) throw new QueueFullException(256);
        synchronized (asked) {
            asked.add(writing);
        }
        running.incrementAndGet();
        Script now = script;
        writer.execute(() -> {
            try {
                now.write(writing);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                running.decrementAndGet();
            }
        });
    }

    @Override
    public Load now() {
        return new Load(0, 0, running.get(), 0, 1);
    }

    @Override
    public Drafts drafts() {
        return new Drafts(7, 5);
    }

    @Override
    public void close() {
        writer.shutdownNow();
    }
}
