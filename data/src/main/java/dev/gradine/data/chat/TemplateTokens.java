package dev.gradine.data.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// The special tokens that a model folder declares: the variables `bos_token`, `eos_token`, … of its chat template.
///
/// The rule is transformers 5's `special_tokens_map`: the seven standard names, every other key of
/// `tokenizer_config.json` that ends in `_token` and is a token, and the names in `extra_special_tokens` where that is
/// an object. `special_tokens_map.json` is read, and wins, only where the configuration has no `added_tokens_decoder`.
/// A name that is null or not there is no variable, and neither are the lists of further special tokens.
public final class TemplateTokens {
    private static final List<String> NAMED = List.of("extra_special_tokens", "model_specific_special_tokens");

    private TemplateTokens() {}

    /// Whether the folder has a file that declares special tokens.
    public static boolean has(Path folder) {
        return Files.isRegularFile(folder.resolve("tokenizer_config.json"))
                || Files.isRegularFile(folder.resolve("special_tokens_map.json"));
    }

    /// The tokens' texts by variable, in the order of the files.
    ///
    /// @throws IOException if a file cannot be read
    /// @throws IllegalArgumentException if a file is not JSON
    public static Map<String, String> read(Path folder) throws IOException {
        Map<String, String> out = new LinkedHashMap<>();
        JsonNode config = json(folder.resolve("tokenizer_config.json"));
        collect(config, out);
        if (!config.has("added_tokens_decoder")) collect(json(folder.resolve("special_tokens_map.json")), out);
        return out;
    }

    private static JsonNode json(Path file) throws IOException {
        return Files.isRegularFile(file) ? FolderTemplate.json(file) : MissingNode.getInstance();
    }

    private static void collect(JsonNode file, Map<String, String> out) {
        for (var e : file.properties()) {
            if (e.getKey().endsWith("_token")) put(e.getKey(), e.getValue(), out);
            if (NAMED.contains(e.getKey())) {
                for (var named : e.getValue().properties()) put(named.getKey(), named.getValue(), out);
            }
        }
    }

    private static void put(String name, JsonNode value, Map<String, String> out) {
        JsonNode text = value.isObject() ? value.path("content") : value;
        if (text.isString()) out.put(name, text.asString());
        else out.remove(name);
    }
}
