package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import dev.gradine.data.JsonFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A tokenizer as the metadata of a GGUF file: what `GgufTokenizer` reads.
///
/// Byte-level BPE becomes model `gpt2`: tokens, merges and the name of the pre-tokeniser. BPE of characters with
/// `byte_fallback`, as SentencePiece's models have it in a `tokenizer.json`, becomes model `llama`: pieces with scores,
/// of which only the order counts: a piece scores the higher the earlier its first merge comes.
public final class GgufVocabulary {

    private static final String BYTE = "<0x[0-9A-F]{2}>";

    private GgufVocabulary() {}

    /// The metadata of a tokenizer.
    ///
    /// @param what file, named in errors
    /// @param tokenizer as the program uses it
    /// @param json text of its `tokenizer.json`; not read if the tokenizer is made of pieces
    /// @param rows of the model's embedding: ids beyond the tokenizer are written as unused
    /// @throws TokenizerException if GGUF has no way to say what the tokenizer does
    public static Map<String, Object> of(String what, Tokenizer tokenizer, String json, int rows) {
        require(
                tokenizer.vocabSize() <= rows,
                what + ": the tokenizer has " + tokenizer.vocabSize() + " tokens, expected at most " + rows
                        + ", the rows of the embedding");
        Map<String, Object> m = new LinkedHashMap<>();
        if (tokenizer instanceof SentencePieceTokenizer pieces) pieces.describe(m);
        else describe(what, tokenizer, tree(what, json), m);
        pad(m, rows);
        special(tokenizer, m);
        return m;
    }

    private static JsonNode tree(String what, String json) {
        try {
            return JsonMapper.shared().readTree(json);
        } catch (JacksonException e) {
            throw new TokenizerException(what + ": is not JSON: " + JsonFault.cause(e), e);
        }
    }

    private static void describe(String what, Tokenizer t, JsonNode root, Map<String, Object> m) {
        JsonNode model = root.path("model");
        require(
                model.path("merges").isArray(),
                what + ": model is " + model.path("type").asString("nothing") + ", expected BPE, which GGUF has");
        if (model.path("byte_fallback").asBoolean(false)) {
            pieces(t, root, m);
            return;
        }
        m.put("tokenizer.ggml.model", "gpt2");
        m.put("tokenizer.ggml.pre", PreTokenizerName.of(what, root));
        tokens(t, root, m);
        m.put("tokenizer.ggml.merges", merges(model.path("merges")));
    }

    /// Merges are pairs, or in older files one text with a space in it.
    private static List<String> merges(JsonNode merges) {
        List<String> out = new ArrayList<>(merges.size());
        for (JsonNode m : merges) {
            out.add(m.isArray() ? m.path(0).asString("") + " " + m.path(1).asString("") : m.asString(""));
        }
        return out;
    }

    private static void tokens(Tokenizer t, JsonNode root, Map<String, Object> m) {
        JsonNode vocab = root.path("model").path("vocab");
        Set<String> added = new HashSet<>();
        for (JsonNode a : root.path("added_tokens")) added.add(a.path("content").asString(""));
        String unknown = root.path("model").path("unk_token").asString("");
        boolean bytes = root.path("model").path("byte_fallback").asBoolean(false);
        List<String> tokens = new ArrayList<>();
        int[] kinds = new int[t.vocabSize()];
        for (int id = 0; id < kinds.length; id++) {
            String token = t.token(id);
            boolean text = vocab.has(token) && !added.contains(token);
            if (token.isEmpty()) kinds[id] = PieceTable.UNUSED;
            else if (bytes && token.equals(unknown)) kinds[id] = PieceTable.UNKNOWN;
            else if (t.isSpecial(id)) kinds[id] = PieceTable.CONTROL;
            else if (bytes && token.matches(BYTE)) kinds[id] = PieceTable.BYTE;
            else kinds[id] = text ? PieceTable.NORMAL : PieceTable.USER_DEFINED;
            tokens.add(token.isEmpty() ? unused(id) : token);
        }
        m.put("tokenizer.ggml.tokens", tokens);
        m.put("tokenizer.ggml.token_type", kinds);
    }

    private static String unused(int id) {
        return "[PAD" + id + "]";
    }

    private static void pieces(Tokenizer t, JsonNode root, Map<String, Object> m) {
        m.put("tokenizer.ggml.model", "llama");
        m.put("tokenizer.ggml.pre", "default");
        tokens(t, root, m);
        float[] scores = new float[t.vocabSize()];
        int order = 0;
        for (String merge : merges(root.path("model").path("merges"))) {
            order++;
            String piece = merge.replace(" ", "");
            if (t.hasToken(piece) && scores[t.id(piece)] == 0) scores[t.id(piece)] = -order;
        }
        for (int id = 0; id < scores.length; id++) if (scores[id] == 0) scores[id] = -order - 1;
        m.put("tokenizer.ggml.scores", scores);
        m.put("tokenizer.ggml.add_space_prefix", prefixes(root));
    }

    /// Whether a text begins with a space that is not in it.
    private static boolean prefixes(JsonNode root) {
        JsonNode pre = root.path("pre_tokenizer");
        boolean metaspace = pre.path("type").asString("").equals("Metaspace");
        if (metaspace) return !pre.path("prepend_scheme").asString("always").equals("never");
        return root.path("normalizer").toString().contains("\"Prepend\"");
    }

    /// A model may have more rows than there are tokens; readers want a token for each.
    @SuppressWarnings("unchecked") // the two lists were put there by this class or by a tokenizer of pieces
    private static void pad(Map<String, Object> m, int rows) {
        List<String> tokens = new ArrayList<>((List<String>) m.get("tokenizer.ggml.tokens"));
        int given = tokens.size();
        for (int id = given; id < rows; id++) tokens.add(unused(id));
        int[] kinds = Arrays.copyOf((int[]) m.get("tokenizer.ggml.token_type"), rows);
        Arrays.fill(kinds, given, rows, PieceTable.UNUSED);
        m.put("tokenizer.ggml.tokens", tokens);
        m.put("tokenizer.ggml.token_type", kinds);
        if (m.get("tokenizer.ggml.scores") instanceof float[] scores) {
            m.put("tokenizer.ggml.scores", Arrays.copyOf(scores, rows));
        }
    }

    /// Ids of tokens with a role, and what is put around a text, which one text shows.
    private static void special(Tokenizer t, Map<String, Object> m) {
        SpecialTokens s = t.special();
        if (t.hasBos()) m.put("tokenizer.ggml.bos_token_id", s.bos());
        if (t.hasEos()) m.put("tokenizer.ggml.eos_token_id", s.eos());
        if (t.hasPad()) m.put("tokenizer.ggml.padding_token_id", s.pad());
        int[] plain = t.encode("a", false);
        int[] ids = t.encode("a", true);
        int before = ids.length == 0 || plain.length == 0 || ids[0] == plain[0] ? 0 : 1;
        m.put("tokenizer.ggml.add_bos_token", before == 1 && t.hasBos() && ids[0] == t.bos());
        m.put("tokenizer.ggml.add_eos_token", ids.length > before + plain.length && t.hasEos());
    }
}
