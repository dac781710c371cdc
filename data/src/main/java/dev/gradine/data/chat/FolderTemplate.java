package dev.gradine.data.chat;

import dev.gradine.data.JsonFault;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Finds the chat templates of a Hugging Face model folder.
///
/// As transformers does: `chat_template.jinja` is the template `default`, and `additional_chat_templates/NAME.jinja`
/// are further ones; where there are such files, they alone count. Else `chat_template` in `tokenizer_config.json`
/// counts, where it is a string or a list of named templates.
public final class FolderTemplate {
    private static final long MAX_FILE = 1 << 26;

    private FolderTemplate() {}

    /// Sources of the folder's templates by name; empty if it has none.
    ///
    /// @throws IOException if a file cannot be read
    /// @throws IllegalArgumentException if `tokenizer_config.json` is not JSON, or a file is too large or not UTF-8
    public static Map<String, String> sources(Path folder) throws IOException {
        Map<String, String> out = files(folder);
        out.values().removeIf(String::isEmpty);
        Path config = folder.resolve("tokenizer_config.json");
        if (!out.isEmpty() || !Files.isRegularFile(config)) return out;
        JsonNode template = json(config).path("chat_template");
        if (template.isString()) out.put(ChatTemplate.DEFAULT, template.asString());
        for (JsonNode named : template) {
            out.put(named.path("name").asString(""), named.path("template").asString(""));
        }
        out.values().removeIf(String::isEmpty);
        return out;
    }

    private static Map<String, String> files(Path folder) throws IOException {
        Map<String, String> out = new TreeMap<>();
        Path file = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(file)) out.put(ChatTemplate.DEFAULT, text(file));
        Path more = folder.resolve("additional_chat_templates");
        if (!Files.isDirectory(more)) return out;
        for (Path named : jinja(more)) {
            String name = named.getFileName().toString();
            out.put(name.substring(0, name.length() - ".jinja".length()), text(named));
        }
        return out;
    }

    private static List<Path> jinja(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(f -> f.toString().endsWith(".jinja") && Files.isRegularFile(f))
                    .sorted()
                    .toList();
        }
    }

    /// The folder's template, or [ChatTemplate#absent] if it has none.
    ///
    /// @throws IOException if a file cannot be read
    /// @throws IllegalArgumentException if a template cannot be read
    public static ChatTemplate read(Path folder) throws IOException {
        Map<String, String> sources = sources(folder);
        return sources.isEmpty() ? ChatTemplate.absent() : ChatTemplate.parse(folder + ": chat template", sources);
    }

    static JsonNode json(Path file) throws IOException {
        try {
            return JsonMapper.shared().readTree(text(file));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + ": is not JSON: " + JsonFault.cause(e), e);
        }
    }

    static String text(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAX_FILE) {
            throw new IllegalArgumentException(file + ": is " + size + " bytes, expected at most " + MAX_FILE);
        }
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new IllegalArgumentException(file + ": is not UTF-8", e);
        }
    }
}
