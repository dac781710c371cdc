package dev.gradine.models;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.FolderTemplate;
import dev.gradine.data.chat.TemplateTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.FolderTokenizer;
import dev.gradine.data.token.GgufTokenizer;
import dev.gradine.data.token.Llama2cTokenizer;
import dev.gradine.data.token.SpecialTokens;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/// Finds the tokenizer and the chat template that belong to a model file.
///
/// In this order: `tokenizer.json` or a SentencePiece model in the model's folder, the tokenizer inside the
/// GGUF file, llama2.c's `tok512.bin` or `tokenizer.bin` in the folder.
final class ModelText {

    private ModelText() {}

    /// @param choice of the chat template: a name, a file, or empty for the model's own
    /// @throws IllegalArgumentException if there is no tokenizer or no such template, or one cannot be read
    static TextCodec codec(Checkpoint checkpoint, String choice) {
        try {
            Tokenizer tokenizer = tokenizer(checkpoint);
            ChatTemplate template = template(checkpoint, choice);
            Path folder = checkpoint.folder();
            int vocabSize = vocabSize(checkpoint, tokenizer);
            return TemplateTokens.has(folder)
                    ? new TextCodec(tokenizer, template, TemplateTokens.read(folder), vocabSize)
                    : new TextCodec(tokenizer, template).within(vocabSize);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The model's, where its configuration says it.
    private static int vocabSize(Checkpoint c, Tokenizer tokenizer) {
        return c.config().get("vocab_size") instanceof Integer n ? n : tokenizer.vocabSize();
    }

    private static Tokenizer tokenizer(Checkpoint c) throws IOException {
        Path folder = c.folder();
        if (FolderTokenizer.isIn(folder)) return FolderTokenizer.read(folder, ofConfig(c));
        if (c.hasGgufMetadata()) return GgufTokenizer.of(c.path().toString(), c.ggufMetadata());
        for (String name : new String[] {"tok512.bin", "tokenizer.bin"}) {
            if (Files.exists(folder.resolve(name))) return Llama2cTokenizer.read(folder.resolve(name));
        }
        throw new CheckpointException(
                folder,
                "has no tokenizer, expected tokenizer.json, tokenizer.model, a GGUF file with one, or tok512.bin");
    }

    private static SpecialTokens ofConfig(Checkpoint c) {
        return new SpecialTokens(id(c, "bos_token_id"), id(c, "eos_token_id"), id(c, "pad_token_id"));
    }

    private static int id(Checkpoint c, String key) {
        return c.config().get(key) instanceof Number n ? n.intValue() : SpecialTokens.NONE;
    }

    private static ChatTemplate template(Checkpoint c, String choice) throws IOException {
        Map<String, String> sources = sources(c);
        Object place = FolderTemplate.sources(c.folder()).isEmpty() ? c.path() : c.folder();
        String name = place + ": chat template";
        if (!choice.isEmpty()) return ChatTemplate.chosen(choice, name, sources);
        return sources.isEmpty() ? ChatTemplate.absent() : ChatTemplate.parse(name, sources);
    }

    /// The model's templates by name: those of its folder, else those of the GGUF file.
    private static Map<String, String> sources(Checkpoint c) throws IOException {
        Map<String, String> folder = FolderTemplate.sources(c.folder());
        return folder.isEmpty() && c.hasGgufMetadata() ? GgufTokenizer.chatTemplates(c.ggufMetadata()) : folder;
    }

    /// Whether there is any of the files a tokenizer is read from.
    static boolean hasTokenizer(Checkpoint c) {
        return (c.hasGgufMetadata() && GgufTokenizer.isIn(c.ggufMetadata()))
                || FolderTokenizer.isIn(c.folder())
                || Stream.of("tok512.bin", "tokenizer.bin")
                        .anyMatch(name -> Files.exists(c.folder().resolve(name)));
    }

    /// The model's templates by name; empty if it has none.
    static Map<String, String> templates(Checkpoint c) {
        try {
            return sources(c);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether the model has a chat template of its own.
    static boolean hasTemplate(Checkpoint c) {
        return !templates(c).isEmpty();
    }
}
