package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import dev.gradine.data.JsonFault;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/// The JSON files of a tokenizer, read without mercy: a key twice, text after the end, half of a surrogate pair, or a
/// document built to exhaust us is an error with its place.
///
/// `NaN` and `Infinity` are let through, since Python writes them.
final class StrictJson {
    private static final long MAX_FILE = 1 << 28;

    private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder()
            .maxNestingDepth(64)
            .maxDocumentLength(MAX_FILE)
            .maxTokenCount(32L << 20)
            .maxStringLength(16 << 20)
            .maxNumberLength(400)
            .build();

    private static final JsonMapper MAPPER = JsonMapper.builder(
                    JsonFactory.builder().streamReadConstraints(LIMITS).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private StrictJson() {}

    /// The tree of a file; a missing node where there is no such file.
    ///
    /// @throws TokenizerException if it is not such JSON
    static JsonNode readIfThere(Path file) throws IOException {
        return Files.isRegularFile(file) ? parse(file.toString(), text(file)) : MissingNode.getInstance();
    }

    /// The text of a file.
    ///
    /// @throws TokenizerException if it is too long or not UTF-8
    static String text(Path file) throws IOException {
        long size = Files.size(file);
        require(size <= MAX_FILE, file + ": is " + size + " bytes, expected at most " + MAX_FILE);
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new TokenizerException(file + ": is not UTF-8", e);
        }
    }

    /// The tree of a text that holds one JSON object.
    ///
    /// @param what file or source, named in errors
    static JsonNode parse(String what, String json) {
        JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (JacksonException e) {
            throw new TokenizerException(what + ": " + place(e) + "is not JSON: " + JsonFault.cause(e), e);
        }
        require(root.isObject(), what + ": is " + describe(root) + ", expected a JSON object, { ... }");
        if (mayHoldHalves(json)) requireUnicode(what, "", root);
        return root;
    }

    /// A value in a message: short, in JSON's words.
    static String describe(JsonNode value) {
        if (value.isMissingNode()) return "missing";
        if (value.isObject()) return "an object";
        if (value.isArray()) return "a list";
        String text = value.toString();
        return text.length() > 60 ? text.substring(0, 60) + " ..." : text;
    }

    private static String place(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        return at == null || at.getLineNr() < 1
                ? ""
                : "line %d, column %d: ".formatted(at.getLineNr(), at.getColumnNr());
    }

    /// Whether a half of a surrogate pair can be in it, as it is or escaped; most files are spared the search.
    private static boolean mayHoldHalves(String json) {
        return json.contains("\\ud")
                || json.contains("\\uD")
                || json.codePoints().anyMatch(StrictJson::isHalf);
    }

    private static boolean isHalf(int codePoint) { // a whole pair is one code point
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }

    private static void requireUnicode(String what, String path, JsonNode node) {
        if (node.isString()) requireUnicode(what, path, node.asString());
        for (var e : node.properties()) {
            requireUnicode(what, path + "." + e.getKey(), e.getKey());
            requireUnicode(what, path + "." + e.getKey(), e.getValue());
        }
        if (node.isArray())
            for (int i = 0; i < node.size(); i++) requireUnicode(what, path + "[" + i + "]", node.get(i));
    }

    private static void requireUnicode(String what, String path, String text) {
        int[] half = text.codePoints().filter(StrictJson::isHalf).limit(1).toArray();
        if (half.length == 0) return;
        throw new TokenizerException(what + ": " + shown(path) + " holds half of a surrogate pair (\\u"
                + Integer.toHexString(half[0]) + "), expected whole Unicode characters");
    }

    private static String shown(String path) {
        StringBuilder out = new StringBuilder();
        String name = path.startsWith(".") ? path.substring(1) : path;
        for (char c : name.toCharArray()) out.append(Character.isSurrogate(c) || c < ' ' ? '?' : c);
        return out.length() > 80 ? out.substring(0, 80) + " ..." : out.toString();
    }
}
