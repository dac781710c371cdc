package dev.gradine.data.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Finds the chat template of a Hugging Face model folder: `chat_template.jinja`, else `chat_template` in
/// `tokenizer_config.json`, where it is a string or a list of named templates, of which `default` is taken.
public final class FolderTemplate {
    private static final long MAX_FILE = 1 << 26;

    private FolderTemplate() {}

    /// The source of the folder's template; empty if it has none.
    ///
    /// @throws IOException if a file cannot be read
    /// @throws IllegalArgumentException if `tokenizer_config.json` is not JSON
    public static String source(Path folder) throws IOException {
        Path file = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(file)) return text(file);
        Path config = folder.resolve("tokenizer_config.json");
        if (!Files.isRegularFile(config)) return "";
        JsonNode template;
        try {
            template = JsonMapper.shared().readTree(text(config)).path("chat_template");
        } catch (JacksonException e) {
            throw new IllegalArgumentException(config + ": is not JSON: " + e.getOriginalMessage(), e);
        }
        for (JsonNode named : template) {
            if (named.path("name").asString("").equals("default"))
                return named.path("template").asString("");
        }
        return template.isString() ? template.asString() : "";
    }

    /// The folder's template, or [ChatTemplate#absent] if it has none.
    ///
    /// @throws IOException if a file cannot be read
    /// @throws IllegalArgumentException if the template cannot be read
    public static ChatTemplate read(Path folder) throws IOException {
        String source = source(folder);
        return source.isEmpty() ? ChatTemplate.absent() : ChatTemplate.parse(folder + ": chat template", source);
    }

    private static String text(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAX_FILE) {
            throw new IllegalArgumentException(file + ": is " + size + " bytes, expected at most " + MAX_FILE);
        }
        return Files.readString(file);
    }
}
