package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// The `tokenizer.json` of a WordPiece vocabulary in GGUF metadata (model `bert`).
///
/// GGUF marks the pieces that begin a word with `▁`; a `tokenizer.json` marks the others with `##`. Tokens in square
/// brackets (`[CLS]`) are written alike in both.
final class GgufWordPiece {
    private static final String WORD = "▁";
    private static final String REST = "##";

    private GgufWordPiece() {}

    static String json(GgufMetadata m) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("version", "1.0");
        String[] tokens = tokens(m);
        root.put("added_tokens", marks(m, tokens));
        boolean lower = m.flag("tokenizer.ggml.normalizer.lowercase", true);
        Map<String, Object> normalizer =
                new LinkedHashMap<>(Map.of("type", "BertNormalizer", "clean_text", true, "handle_chinese_chars", true));
        normalizer.put("lowercase", lower);
        normalizer.put("strip_accents", m.flag("tokenizer.ggml.normalizer.strip_accents", lower));
        root.put("normalizer", normalizer);
        root.put("pre_tokenizer", Map.of("type", "BertPreTokenizer"));
        root.put("decoder", Map.of("type", "WordPiece", "prefix", REST, "cleanup", true));
        around(m, tokens, root);
        root.put("model", model(m, tokens));
        return JsonMapper.shared().writeValueAsString(root);
    }

    private static String[] tokens(GgufMetadata m) {
        String[] tokens = m.tokens();
        for (int id = 0; id < tokens.length; id++) {
            String t = tokens[id];
            boolean mark = t.startsWith("[") && t.endsWith("]");
            if (t.startsWith(WORD)) tokens[id] = t.substring(WORD.length());
            else if (!mark) tokens[id] = REST + t;
        }
        return tokens;
    }

    private static Map<String, Object> model(GgufMetadata m, String[] tokens) {
        Map<String, Integer> vocab = new LinkedHashMap<>();
        for (int id = 0; id < tokens.length; id++) {
            Integer before = vocab.put(tokens[id], id);
            TokenizerException.require(
                    before == null,
                    m.what() + ": tokenizer.ggml.tokens has '" + tokens[id] + "' at " + before + " and at " + id
                            + ", expected each token once");
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "WordPiece");
        model.put("unk_token", token(m, tokens, "unknown"));
        model.put("continuing_subword_prefix", REST);
        model.put("max_input_chars_per_word", 100);
        model.put("vocab", vocab);
        return model;
    }

    private static List<Object> marks(GgufMetadata m, String[] tokens) {
        List<Object> out = new ArrayList<>();
        int[] kinds = m.kinds();
        for (int id = 0; id < tokens.length; id++) {
            boolean mark = kinds[id] == PieceTable.CONTROL || kinds[id] == PieceTable.UNKNOWN;
            boolean bracketed = tokens[id].startsWith("[") && tokens[id].endsWith("]");
            if (mark && bracketed) out.add(AddedToken.mark(tokens[id]).json(id));
        }
        return out;
    }

    /// `[CLS]` before a text and `[SEP]` after it.
    private static void around(GgufMetadata m, String[] tokens, Map<String, Object> root) {
        if (!m.flag("tokenizer.ggml.add_bos_token", true)) return;
        Object sep = List.of(token(m, tokens, "seperator"), id(m, "seperator"));
        Object cls = List.of(token(m, tokens, "bos"), id(m, "bos"));
        root.put("post_processor", Map.of("type", "BertProcessing", "sep", sep, "cls", cls));
    }

    private static String token(GgufMetadata m, String[] tokens, String role) {
        int id = id(m, role);
        TokenizerException.require(
                id < tokens.length,
                m.what() + ": " + key(role) + " is " + id + ", expected below the vocabulary size " + tokens.length);
        return tokens[id];
    }

    /// The id that the file gives a role, or the one that BERT's own vocabulary has.
    private static int id(GgufMetadata m, String role) {
        int given = m.id(key(role));
        if (given == SpecialTokens.NONE && role.equals("bos")) given = m.id("tokenizer.ggml.cls_token_id");
        if (given != SpecialTokens.NONE) return given;
        return switch (role) {
            case "unknown" -> 100;
            case "bos" -> 101;
            default -> 102;
        };
    }

    /// The name with the spelling that GGUF has.
    private static String key(String role) {
        return "tokenizer.ggml." + role + "_token_id";
    }
}
