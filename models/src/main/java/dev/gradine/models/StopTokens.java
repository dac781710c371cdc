package dev.gradine.models;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.GgufTokenizer;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The tokens after which a text is over: all that a model's files name.
///
/// ```
/// ends = eos_token_id of generation_config.json and config.json, a number or a list, also inside text_config
///      ∪ the tokenizer's EOS
///      ∪ the mark that the chat template writes after an assistant turn
///      ∪ tokenizer.ggml.eos_token_id, eot_token_id and eom_token_id of a GGUF file
///      ∪ well-known ends of turn by their text, as in llama.cpp
///      ∪ BOS: models trained on concatenated documents write it where the next text begins
/// ```
///
/// An id beyond the model's vocabulary can never be drawn: it is left out, and a note says so.
public final class StopTokens implements IntPredicate {
    private final Set<Integer> ids = new TreeSet<>();
    private final List<String> notes = new ArrayList<>();
    private final int vocabSize;

    private StopTokens(int vocabSize) {
        this.vocabSize = vocabSize;
    }

    /// The ends of a model's texts.
    ///
    /// @param codec the model's tokenizer and chat template
    /// @throws CheckpointException if a file names an end that is no token id
    public static StopTokens of(OpenModel model, TextCodec codec) {
        return of(model.checkpoint(), model.model().vocabSize(), codec);
    }

    /// Tokens that llama.cpp ends a text at by their names, whatever a file says.
    public static Set<Integer> byName(Tokenizer tokenizer) {
        return TurnEnds.wellKnown(tokenizer, true);
    }

    static StopTokens of(Checkpoint files, int vocabSize, TextCodec codec) {
        var ends = new StopTokens(vocabSize);
        Path generation = files.folder().resolve("generation_config.json");
        if (Files.isRegularFile(generation)) ends.addKeys(generation, Json.readObject(generation));
        ends.addKeys(configOf(files), files.config());
        Tokenizer tokenizer = codec.tokenizer();
        if (tokenizer.hasEos()) ends.ids.add(tokenizer.eos());
        if (tokenizer.hasBos()) ends.ids.add(tokenizer.bos());
        codec.turnEnd().ifPresent(ends.ids::add);
        ends.ids.addAll(TurnEnds.wellKnown(tokenizer, files.hasGgufMetadata()));
        if (files.hasGgufMetadata()) {
            GgufTokenizer.ends(files.path().toString(), files.ggufMetadata())
                    .forEach((key, id) -> ends.add(files.path(), key, id));
        }
        return ends;
    }

    private static Path configOf(Checkpoint files) {
        Path config = files.folder().resolve("config.json");
        return Files.isRegularFile(config) ? config : files.path();
    }

    private void addKeys(Path file, Map<String, Object> keys) {
        addAll(file, "eos_token_id", keys.get("eos_token_id"));
        if (keys.get("text_config") instanceof Map<?, ?> text) {
            addAll(file, "text_config.eos_token_id", text.get("eos_token_id"));
        }
    }

    private void addAll(Path file, String key, @Nullable Object value) {
        if (value == null) return;
        if (!(value instanceof List<?> list)) {
            add(file, key, value);
            return;
        }
        for (int i = 0; i < list.size(); i++) add(file, key + "[" + i + "]", list.get(i));
    }

    private void add(Path file, String key, @Nullable Object value) {
        if (!(value instanceof Integer || value instanceof Long)) {
            throw new CheckpointException(
                    file,
                    "%s is %s, expected a token id or a list of token ids"
                            .formatted(key, value == null ? "null" : Json.line(value)));
        }
        long id = ((Number) value).longValue();
        if (id >= 0 && id < vocabSize) ids.add((int) id);
        else
            notes.add("%s: %s is %d, outside the model's vocabulary of %d: no text can end there"
                    .formatted(file, key, id, vocabSize));
    }

    @Override
    public boolean test(int id) {
        return ids.contains(id);
    }

    /// All of them, in ascending order.
    public Set<Integer> ids() {
        return Collections.unmodifiableSet(ids);
    }

    /// What was left out, one line each.
    public List<String> notes() {
        return Collections.unmodifiableList(notes);
    }
}
