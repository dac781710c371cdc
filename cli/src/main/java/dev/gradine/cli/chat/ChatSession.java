package dev.gradine.cli.chat;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.StopStrings;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.generate.ContinuousBatch;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.Writing;
import dev.gradine.nn.generate.WritingRule;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What has been said, and how the next answer is written. What was read of a conversation is not read again with the
/// next message.
public final class ChatSession {

    /// Name of the model without an adapter.
    public static final String BASE = "base";

    private final ContinuousBatch batch;
    private final Voice voice;
    private final SequencedMap<String, ? extends Adapters> adapters;
    private final List<Message> said = new ArrayList<>();
    private String system;
    private String acting;
    private @Nullable String beside;
    private final List<Writing> running = new CopyOnWriteArrayList<>();

    /// How answers are written.
    ///
    /// @param stops texts that end one
    /// @param draws what draws the answer of a number
    public record Voice(
            TextCodec codec, WritingRule rule, List<String> stops, IntFunction<? extends RandomGenerator> draws) {}

    /// @param adapters by name; the first one acts
    /// @param system message before all, empty for none
    public ChatSession(
            ContinuousBatch batch, Voice voice, SequencedMap<String, ? extends Adapters> adapters, String system) {
        this.batch = batch;
        this.voice = voice;
        this.adapters = adapters;
        this.system = system;
        acting = adapters.isEmpty() ? BASE : adapters.firstEntry().getKey();
    }

    /// Who answers.
    public String acting() {
        return acting;
    }

    /// Lets another one answer.
    ///
    /// @throws IllegalArgumentException if there is none of that name
    public void act(String name) {
        adaptersOf(name);
        acting = name;
    }

    /// Lets another one answer beside the one that acts, or none.
    ///
    /// @throws IllegalArgumentException if there is none of that name
    public void beside(@Nullable String name) {
        if (name != null) adaptersOf(name);
        beside = name;
    }

    /// Sets the message before all.
    public void system(String text) {
        system = text;
    }

    /// Forgets what was said.
    public void clear() {
        said.clear();
    }

    /// Forgets the last message and its answer.
    public void undo() {
        for (int i = 0; i < 2 && !said.isEmpty(); i++) said.removeLast();
    }

    /// All that was said, the message before all included.
    public List<Message> messages() {
        List<Message> all = new ArrayList<>();
        if (!system.isEmpty()) all.add(new Message("system", system));
        all.addAll(said);
        return all;
    }

    /// Ends the answers that are being written.
    public void interrupt() {
        running.forEach(Writing::cancel);
    }

    private Adapters adaptersOf(String name) {
        if (name.equals(BASE)) return Adapters.NONE;
        Adapters own = adapters.get(name);
        if (own != null) return own;
        throw new IllegalArgumentException("there is no adapter %s, expected %s".formatted(name, names()));
    }

    /// All that may act.
    public String names() {
        List<String> all = new ArrayList<>(List.of(BASE));
        all.addAll(adapters.keySet());
        return String.join(", ", all);
    }

    /// Answers a message. Where two answer, the answer of the one that acts is part of the conversation.
    ///
    /// @param width columns of the screen
    /// @throws IllegalArgumentException if the conversation is too long; then nothing was said
    public void say(String text, PrintWriter out, int width) {
        said.add(new Message("user", text));
        try {
            int[] ids = voice.codec.encodeChat(messages(), Map.of(), true);
            Answering first = new Answering(ids, beside == null ? out : null);
            Answering second = new Answering(ids, null);
            batch.add(first.writing(acting));
            if (beside != null) batch.add(second.writing(beside));
            batch.finish();
            String answer = first.finish();
            if (beside == null) out.println();
            else out.print(Columns.of(acting, answer, beside, second.finish(), width));
            out.flush();
            said.add(new Message("assistant", answer));
        } catch (IllegalArgumentException e) {
            said.removeLast();
            throw new IllegalArgumentException(e.getMessage() + " (/new begins another conversation)", e);
        } finally {
            running.clear();
        }
    }

    /// An answer as it comes.
    private final class Answering implements Writing.Listener {
        private final int[] prompt;
        private final @Nullable PrintWriter out;
        private final StreamDecoder decoder;
        private final StopStrings stops = new StopStrings(voice.stops);
        private final StringBuilder text = new StringBuilder();

        Answering(int[] prompt, @Nullable PrintWriter out) {
            this.prompt = prompt;
            this.out = out;
            decoder = new StreamDecoder(voice.codec.tokenizer(), true, prompt);
        }

        Writing writing(String who) {
            RandomGenerator draws = voice.draws.apply(said.size() / 2);
            Writing w = new Writing(prompt, adaptersOf(who), voice.rule, List.of(draws), this);
            running.add(w);
            return w;
        }

        @Override
        public boolean token(int draw, DrawnToken token) {
            show(stops.take(decoder.next(token.id())));
            return !stops.isFound();
        }

        private void show(String piece) {
            text.append(piece);
            if (out == null) return;
            out.print(piece);
            out.flush();
        }

        /// Shows what was held back, and gives the whole.
        String finish() {
            show(stops.take(decoder.finish()) + stops.rest());
            return text.toString().strip();
        }
    }
}
