package dev.gradine.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;

/// Reads YAML: one document of maps, lists, texts and numbers.
public final class YamlFile {

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private YamlFile() {}

    /// What stands in a file; null for nothing.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws DataException names the file and the line
    public static @Nullable Object read(Path file) throws IOException {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new DataException(file + ": is no UTF-8 text, expected YAML", e);
        }
    }

    /// What stands in a text; null for nothing.
    ///
    /// @param name what the text is called in messages
    /// @throws DataException names the text and the line
    public static @Nullable Object parse(String name, String text) {
        try {
            requireNoAlias(name, text);
            return YAML.readValue(text, Object.class);
        } catch (JacksonException e) {
            throw new DataException(
                    "%s: line %d: %s".formatted(name, e.getLocation().getLineNr(), JsonFault.cause(e)), e);
        }
    }

    /// Jackson reads `*name` as the text `name`, which is not what the writer meant.
    private static void requireNoAlias(String name, String text) {
        try (YAMLParser parser = (YAMLParser) YAML.createParser(text)) {
            while (parser.nextToken() != null) {
                if (!parser.isCurrentAlias()) continue;
                throw new DataException("%s: line %d: an alias, expected the value itself"
                        .formatted(name, parser.currentTokenLocation().getLineNr()));
            }
        }
    }
}
