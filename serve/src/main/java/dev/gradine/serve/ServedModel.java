package dev.gradine.serve;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.generate.ContinuousBatch;
import dev.gradine.nn.generate.ContinuousBatch.Drafts;
import dev.gradine.nn.generate.ContinuousBatch.Load;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.Writing;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A model in this process, whose texts are written by one thread.
public final class ServedModel implements Served, AutoCloseable {

    private final Base base;
    private final Card card;
    private final Draft draft;
    private final AdapterShelf shelf;
    private final WriterThread writer;

    /// What is served.
    ///
    /// @param model the base model
    /// @param name under which it is served
    /// @param root where it lies
    /// @param texts how its texts are read
    /// @param guesses what guesses next tokens
    public record Base(CausalLm model, String name, Path root, Texts texts, Guesses guesses) {

        /// Without guesses.
        public Base(CausalLm model, String name, Path root, Texts texts) {
            this(model, name, root, texts, new Guesses(Draft.NONE, 0));
        }
    }

    /// What guesses the next tokens of texts, those of adapters, too; it changes none.
    ///
    /// @param draft whose guesses are tried
    /// @param texts most that are written at once while there are guesses
    public record Guesses(Draft draft, int texts) {}

    /// How texts are read.
    ///
    /// @param codec tokenizer and chat template
    /// @param hasTemplate whether there is a chat template
    /// @param ends which tokens end a text
    /// @param maxTokens that a prompt and its text may have together
    public record Texts(TextCodec codec, boolean hasTemplate, IntPredicate ends, int maxTokens) {}

    /// How much is held at once.
    ///
    /// @param queue requests that may wait
    /// @param room of the batch
    /// @param adapters how many
    public record Limits(int queue, Room room, AdapterLimits adapters) {}

    /// @param run lifetime of the model; until this is closed, only its thread may use it
    /// @param memory opens the lifetime of an adapter
    /// @param tell gets a line about each adapter that was read
    public ServedModel(Base base, Kernels run, Supplier<Kernels> memory, Limits limits, Consumer<String> tell) {
        this.base = base;
        draft = base.guesses.draft.equals(Draft.NONE) ? Draft.NONE : this::guess;
        String print = Fingerprint.ofModel(base.root);
        Acting ofBase = new Acting(print, Adapters.NONE);
        card = new Card(base.name, base.root, null, Instant.now());
        Room room = limits.room;
        writer = new WriterThread(
                () -> new ContinuousBatch(base.model, run, room, new KnownAdapters()),
                limits.queue,
                new AdapterTurns<>(limits.adapters.perBatch(), room.texts()));
        AdapterReader reader = new AdapterReader(base.model, ofBase, limits.adapters.rank(), memory, tell);
        shelf = new AdapterShelf(base.name, reader, limits.adapters.inMemory(), writer::forget);
        writer.start();
    }

    @Override
    public List<Card> cards() {
        List<Card> all = new ArrayList<>();
        all.add(card);
        all.addAll(shelf.cards());
        return all;
    }

    @Override
    public @Nullable Acting acting(String name) {
        return shelf.acting(name);
    }

    @Override
    public Acting blend(Map<String, Double> scales) {
        return shelf.blend(scales);
    }

    @Override
    public Map<String, Double> scales() {
        return shelf.scales();
    }

    @Override
    public void scale(Map<String, Double> scales) {
        shelf.scale(scales);
    }

    @Override
    public int adaptersInMemory() {
        return shelf.inMemory();
    }

    @Override
    public TextCodec codec() {
        return base.texts.codec;
    }

    @Override
    public boolean hasTemplate() {
        return base.texts.hasTemplate;
    }

    @Override
    public IntPredicate ends() {
        return base.texts.ends;
    }

    @Override
    public int maxTokens() {
        return base.texts.maxTokens;
    }

    @Override
    public Draft draft() {
        return draft;
    }

    private int[] guess(int[] tokens, int most) {
        return now().writing() > base.guesses.texts ? new int[0] : base.guesses.draft.next(tokens, most);
    }

    @Override
    public void load(String name, Path folder, boolean inPlace) {
        shelf.load(name, folder, inPlace);
    }

    @Override
    public void unload(String name) {
        shelf.unload(name);
    }

    @Override
    public void submit(Writing writing) {
        writer.submit(writing);
    }

    @Override
    public Load now() {
        return writer.now();
    }

    @Override
    public Drafts drafts() {
        return writer.drafts();
    }

    /// Ends the texts that are being written, and gives back the memory of the batch.
    @Override
    public void close() {
        writer.close();
    }
}
