package dev.gradine.data.token;

import static dev.gradine.data.token.SpecialTokens.NONE;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The tokenizer inside a GGUF file, from its metadata.
///
/// Three kinds are read: `gpt2` (byte-level BPE) and `bert` (WordPiece), both run as an equivalent `tokenizer.json`,
/// and `llama` (SentencePiece with scores). Arrays of the metadata are lists or primitive arrays.
public final class GgufTokenizer {
    private GgufTokenizer() {}

    /// The tokenizer described by `metadata`.
    ///
    /// @param what file, named in errors
    /// @throws TokenizerException if the metadata lacks something or names a model or pre-tokeniser not known here
    public static Tokenizer of(String what, Map<String, Object> metadata) {
        var m = new GgufMetadata(what, metadata);
        return switch (m.string("tokenizer.ggml.model")) {
            case "gpt2" ->
                JsonTokenizer.parse(what, GgufJson.byteLevel(m), special(m)).noting(guessed(m));
            case "bert" -> JsonTokenizer.parse(what, GgufWordPiece.json(m), special(m));
            case "llama" -> sentencePiece(m);
            case String other -> throw unknown(what, other);
        };
    }

    /// The text of a `tokenizer.json` equivalent to the metadata, for a model folder.
    ///
    /// @throws TokenizerException as [#of]
    public static String tokenizerJson(String what, Map<String, Object> metadata) {
        var m = new GgufMetadata(what, metadata);
        return switch (m.string("tokenizer.ggml.model")) {
            case "gpt2" -> GgufJson.byteLevel(m);
            case "bert" -> GgufWordPiece.json(m);
            case "llama" -> GgufJson.sentencePiece(m);
            case String other -> throw unknown(what, other);
        };
    }

    private static TokenizerException unknown(String what, String model) {
        return new TokenizerException(
                what + ": tokenizer.ggml.model is '" + model + "', expected 'gpt2', 'bert' or 'llama'");
    }

    /// The line about a file that does not name its pre-tokeniser: files of before the key was introduced.
    private static List<String> guessed(GgufMetadata m) {
        if (m.has("tokenizer.ggml.pre")) return List.of();
        return List.of(m.what() + ": has no tokenizer.ggml.pre, so words are cut as llama.cpp's 'default' does; the"
                + " model may have been trained with other words: convert it anew");
    }

    private static Tokenizer sentencePiece(GgufMetadata m) {
        var table = new PieceTable(m.what(), m.tokens(), m.scores(), m.kinds());
        var options = new SentencePieceTokenizer.Options(
                PieceNormalizer.spaces(m.flag("tokenizer.ggml.add_space_prefix", true)),
                false,
                m.flag("tokenizer.ggml.add_bos_token", true),
                m.flag("tokenizer.ggml.add_eos_token", false));
        SpecialTokens byName = new SpecialTokens(
                table.has("<s>") ? table.id("<s>") : NONE, table.has("</s>") ? table.id("</s>") : NONE, NONE);
        return new SentencePieceTokenizer(table, special(m).orElse(byName), options, List.of());
    }

    /// The ids of BOS, EOS and PAD; one outside the vocabulary counts for none, as in llama.cpp.
    static SpecialTokens special(GgufMetadata m) {
        return new SpecialTokens(
                        m.id("tokenizer.ggml.bos_token_id"),
                        m.id("tokenizer.ggml.eos_token_id"),
                        m.id("tokenizer.ggml.padding_token_id"))
                .below(m.tokens().length);
    }

    /// The ids that end a generation by the file's own keys: end of text, end of turn, end of message.
    ///
    /// @return ids by key; those of keys that are there
    public static Map<String, Integer> ends(String what, Map<String, Object> metadata) {
        var m = new GgufMetadata(what, metadata);
        Map<String, Integer> out = new LinkedHashMap<>();
        for (String name : new String[] {"eos", "eot", "eom"}) {
            String key = "tokenizer.ggml." + name + "_token_id";
            if (m.id(key) != NONE) out.put(key, m.id(key));
        }
        return out;
    }

    /// Whether the metadata describe a tokenizer; a file may say that it has none.
    public static boolean isIn(Map<String, Object> metadata) {
        Object model = metadata.get("tokenizer.ggml.model");
        return model != null && !model.equals("none") && !model.equals("no_vocab");
    }

    /// Whether the metadata carries a chat template.
    public static boolean hasChatTemplate(Map<String, Object> metadata) {
        return metadata.get("tokenizer.chat_template") instanceof String;
    }

    /// Sources of the chat templates in the metadata by name: `default`, and NAME of `tokenizer.chat_template.NAME`.
    public static Map<String, String> chatTemplates(Map<String, Object> metadata) {
        String key = "tokenizer.chat_template";
        Map<String, String> out = new TreeMap<>();
        metadata.forEach((k, v) -> {
            if (!(v instanceof String source)) return;
            if (k.equals(key)) out.put("default", source);
            else if (k.startsWith(key + ".")) out.put(k.substring(key.length() + 1), source);
        });
        return out;
    }

    /// The source of the chat template in the metadata.
    ///
    /// @throws TokenizerException if there is none
    public static String chatTemplate(String what, Map<String, Object> metadata) {
        return new GgufMetadata(what, metadata).string("tokenizer.chat_template");
    }
}
