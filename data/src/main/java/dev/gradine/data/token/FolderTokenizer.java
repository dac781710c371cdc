package dev.gradine.data.token;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/// The tokenizer of a Hugging Face model folder: `tokenizer.json` with the names of its special tokens from
/// `tokenizer_config.json`, else `special_tokens_map.json`.
public final class FolderTokenizer {
    private static final long MAX_FILE = 1 << 28;

    private FolderTokenizer() {}

    /// Reads the folder.
    ///
    /// @param fallback ids of the special tokens the folder's tokenizer files do not name, as `config.json`
    ///     has them
    /// @throws IOException if a file cannot be read
    /// @throws TokenizerException if there is no `tokenizer.json` or it is not a tokenizer
    public static Tokenizer read(Path folder, SpecialTokens fallback) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        TokenizerException.require(Files.isRegularFile(file), folder + ": has no tokenizer.json");
        JsonNode config = json(folder.resolve("tokenizer_config.json"));
        JsonNode map = json(folder.resolve("special_tokens_map.json"));
        return JsonTokenizer.parse(
                file.toString(),
                text(file),
                vocabulary -> new SpecialTokens(
                                id(vocabulary, config, map, "bos_token"),
                                id(vocabulary, config, map, "eos_token"),
                                id(vocabulary, config, map, "pad_token"))
                        .orElse(fallback));
    }

    private static int id(Vocabulary vocabulary, JsonNode config, JsonNode map, String name) {
        JsonNode value = config.has(name) ? config.path(name) : map.path(name);
        JsonNode token = value.isObject() ? value.path("content") : value;
        return token.isString() ? vocabulary.id(token.asString()) : SpecialTokens.NONE;
    }

    private static JsonNode json(Path file) throws IOException {
        if (!Files.isRegularFile(file)) return MissingNode.getInstance();
        try {
            return JsonMapper.shared().readTree(text(file));
        } catch (JacksonException e) {
            throw new TokenizerException(file + ": is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String text(Path file) throws IOException {
        long size = Files.size(file);
        TokenizerException.require(size <= MAX_FILE, file + ": is " + size + " bytes, expected at most " + MAX_FILE);
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new TokenizerException(file + ": is not UTF-8", e);
        }
    }
}
