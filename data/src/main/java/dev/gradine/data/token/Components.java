package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The parts of a `tokenizer.json` around the model: each copied with the fields that its type has, after a check that
/// the native library can run it on any text.
///
/// The library is Rust behind JNI: where it panics, the whole process ends. So what is not known here is refused by
/// name.
final class Components {
    private static final int LONGEST = 256; // characters of a text that a step puts in
    private static final int MAX_GROWTH = 64;
    private static final String[] BEHAVIOURS = {
        "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"
    };

    private Components() {}

    static JsonNode normalizer(String where, JsonNode in) {
        if (in.isMissingNode() || in.isNull()) return JsonNodeFactory.instance.nullNode();
        var f = new JsonFields(where, in);
        f.put("type", in.path("type"));
        switch (in.path("type").asString("")) {
            case "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Nmt", "StripAccents", "ByteLevel" -> {}
            case "BertNormalizer" ->
                f.flag("clean_text")
                        .flag("handle_chinese_chars")
                        .flag("lowercase")
                        .flagIfThere("strip_accents");
            case "Strip" -> f.flag("strip_left").flag("strip_right");
            case "Prepend" -> f.text("prepend", LONGEST);
            case "Replace" -> replace(f);
            case "Precompiled" -> PrecompiledMap.require(f);
            case "Sequence" -> f.list("normalizers", Components::normalizer);
            default ->
                throw f.unknownType(List.of(
                        "BertNormalizer",
                        "ByteLevel",
                        "Lowercase",
                        "NFC",
                        "NFD",
                        "NFKC",
                        "NFKD",
                        "Nmt",
                        "Precompiled",
                        "Prepend",
                        "Replace",
                        "Sequence",
                        "Strip",
                        "StripAccents"));
        }
        return f.checked();
    }

    static JsonNode preTokenizer(String where, JsonNode in) {
        if (in.isMissingNode() || in.isNull()) return JsonNodeFactory.instance.nullNode();
        var f = new JsonFields(where, in);
        f.put("type", in.path("type"));
        switch (in.path("type").asString("")) {
            case "BertPreTokenizer", "Whitespace", "WhitespaceSplit", "UnicodeScripts" -> {}
            case "ByteLevel" -> byteLevel(f);
            case "CharDelimiterSplit" -> f.character("delimiter");
            case "Metaspace" -> metaspace(f);
            case "Digits" -> f.flag("individual_digits");
            case "FixedLength" -> f.count("length", 1, 1 << 20);
            case "Punctuation" -> {
                if (f.has("behavior")) f.oneOf("behavior", BEHAVIOURS);
            }
            case "Split" -> {
                pattern(f);
                f.oneOf("behavior", BEHAVIOURS).flag("invert");
            }
            case "Sequence" -> f.list("pretokenizers", Components::preTokenizer);
            default ->
                throw f.unknownType(List.of(
                        "BertPreTokenizer",
                        "ByteLevel",
                        "CharDelimiterSplit",
                        "Digits",
                        "FixedLength",
                        "Metaspace",
                        "Punctuation",
                        "Sequence",
                        "Split",
                        "UnicodeScripts",
                        "Whitespace",
                        "WhitespaceSplit"));
        }
        return f.checked();
    }

    static JsonNode decoder(String where, JsonNode in) {
        if (in.isMissingNode() || in.isNull()) return JsonNodeFactory.instance.nullNode();
        var f = new JsonFields(where, in);
        f.put("type", in.path("type"));
        switch (in.path("type").asString("")) {
            case "ByteFallback", "Fuse" -> {}
            case "ByteLevel" -> byteLevel(f);
            case "Metaspace" -> metaspace(f);
            case "BPEDecoder" -> f.text("suffix", LONGEST);
            case "WordPiece" -> {
                f.text("prefix", LONGEST);
                f.flag("cleanup");
            }
            case "CTC" -> {
                f.text("pad_token", LONGEST);
                f.text("word_delimiter_token", LONGEST);
                f.flag("cleanup");
            }
            // Where the end of a token is stripped, the library reads before its beginning.
            case "Strip" -> f.character("content").count("start", 0, 1 << 20).count("stop", 0, 0);
            case "Replace" -> replace(f);
            case "Sequence" -> f.list("decoders", Components::decoder);
            default ->
                throw f.unknownType(List.of(
                        "BPEDecoder",
                        "ByteFallback",
                        "ByteLevel",
                        "CTC",
                        "Fuse",
                        "Metaspace",
                        "Replace",
                        "Sequence",
                        "Strip",
                        "WordPiece"));
        }
        return f.checked();
    }

    private static void byteLevel(JsonFields f) {
        f.flag("add_prefix_space").flag("trim_offsets").flagIfThere("use_regex");
    }

    private static void metaspace(JsonFields f) {
        f.character("replacement").flagIfThere("split").flagIfThere("add_prefix_space");
        if (f.has("prepend_scheme")) f.oneOf("prepend_scheme", "first", "never", "always");
    }

    private static void replace(JsonFields f) {
        pattern(f);
        JsonNode regex = f.get("pattern").path("Regex");
        if (regex.isString()) RegexCheck.requireSomething(f.where("pattern.Regex"), regex.asString());
        f.text("content", LONGEST);
    }

    /// Requires that the steps do not blow a text up: each replacement may lengthen what the one before has made.
    static void requireBounded(String where, JsonNode steps) {
        double growth = growth(steps);
        require(
                growth <= MAX_GROWTH,
                where + " makes a text up to " + Math.round(growth) + " times as long, expected at most " + MAX_GROWTH);
    }

    private static double growth(JsonNode step) {
        if (step.isArray())
            return step.valueStream().mapToDouble(Components::growth).reduce(1, (a, b) -> a * b);
        return switch (step.path("type").asString("")) {
            case "Sequence" -> growth(step.path("normalizers")) * growth(step.path("decoders"));
            case "Replace" -> {
                int matched = Math.max(
                        1, step.path("pattern").path("String").asString("").length());
                yield Math.max(1, step.path("content").asString("").length() / (double) matched);
            }
            case "Precompiled", "NFKC", "NFKD" -> 2; // far more for a few characters, less than one for none
            default -> 1;
        };
    }

    private static void pattern(JsonFields f) {
        JsonNode pattern = f.get("pattern");
        var inner = new JsonFields(f.where("pattern"), pattern);
        if (pattern.has("Regex")) RegexCheck.require(inner.where("Regex"), inner.text("Regex", 1 << 14));
        else require(!inner.text("String", LONGEST).isEmpty(), inner.where("String") + " is empty, expected a text");
        f.put("pattern", inner.checked());
    }
}
