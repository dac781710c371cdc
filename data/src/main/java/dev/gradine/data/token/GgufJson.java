package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// Writes the `tokenizer.json` that means the same as GGUF tokenizer metadata.
final class GgufJson {
    private GgufJson() {}

    static String byteLevel(GgufMetadata m) {
        String name = m.has("tokenizer.ggml.pre") ? m.string("tokenizer.ggml.pre") : "default";
        PreTokenizer pre = PreTokenizer.named(m.what(), name);
        String[] merges = m.strings("tokenizer.ggml.merges");
        Map<String, @Nullable Object> model = bpe(m, List.of(merges));
        model.put("ignore_merges", pre.ignoreMerges());
        Map<String, @Nullable Object> root = root(m, model, PieceTable.CONTROL, PieceTable.USER_DEFINED);
        root.put("normalizer", pre.nfc() ? Map.of("type", "NFC") : null);
        root.put("pre_tokenizer", pre.json());
        root.put("post_processor", around(m, pre.addBos()));
        root.put("decoder", PreTokenizer.byteLevel(true));
        return JsonMapper.shared().writeValueAsString(root);
    }

    /// SentencePiece scores become merges: every way a piece is two pieces, the best-scored piece first.
    static String sentencePiece(GgufMetadata m) {
        var table = new PieceTable(m.what(), m.tokens(), m.scores(), m.kinds());
        List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < table.size(); id++) {
            String piece = table.piece(id);
            if (!table.isText(piece)) continue;
            for (int cut = 1; cut < piece.length(); cut++) {
                String left = piece.substring(0, cut);
                String right = piece.substring(cut);
                if (table.isText(left) && table.isText(right)) merges.add(new Merge(table.score(piece), left, right));
            }
        }
        merges.sort((a, b) -> Float.compare(b.score, a.score));
        Map<String, @Nullable Object> model =
                bpe(m, merges.stream().map(x -> List.of(x.left, x.right)).toList());
        model.put("byte_fallback", true);
        model.put("fuse_unk", true);
        int unknown = List.of(m.tokens()).indexOf("<unk>");
        model.put("unk_token", unknown >= 0 ? "<unk>" : null);
        Map<String, @Nullable Object> root =
                root(m, model, PieceTable.CONTROL, PieceTable.USER_DEFINED, PieceTable.UNKNOWN);
        boolean prefix = m.flag("tokenizer.ggml.add_space_prefix", true);
        String space = String.valueOf(SentencePieceTokenizer.SPACE);
        List<Object> normalizers = new ArrayList<>();
        if (prefix) normalizers.add(Map.of("type", "Prepend", "prepend", space));
        normalizers.add(replace(" ", space));
        root.put("normalizer", Map.of("type", "Sequence", "normalizers", normalizers));
        root.put("pre_tokenizer", null);
        root.put("post_processor", around(m, true));
        List<Object> decoders =
                new ArrayList<>(List.of(replace(space, " "), Map.of("type", "ByteFallback"), Map.of("type", "Fuse")));
        if (prefix) decoders.add(Map.of("type", "Strip", "content", " ", "start", 1, "stop", 0));
        root.put("decoder", Map.of("type", "Sequence", "decoders", decoders));
        return JsonMapper.shared().writeValueAsString(root);
    }

    private record Merge(float score, String left, String right) {}

    private static Map<String, Object> replace(String from, String to) {
        return Map.of("type", "Replace", "pattern", Map.of("String", from), "content", to);
    }

    private static Map<String, @Nullable Object> bpe(GgufMetadata m, List<?> merges) {
        Map<String, Integer> vocab = new LinkedHashMap<>();
        String[] tokens = m.tokens();
        for (int id = 0; id < tokens.length; id++) {
            Integer before = vocab.put(tokens[id], id);
            require(
                    before == null,
                    m.what() + ": tokenizer.ggml.tokens has '" + tokens[id] + "' at " + before + " and at " + id
                            + ", expected each token once");
        }
        Map<String, @Nullable Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("dropout", null);
        model.put("unk_token", null);
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("ignore_merges", false);
        model.put("vocab", vocab);
        model.put("merges", merges);
        return model;
    }

    private static Map<String, @Nullable Object> root(GgufMetadata m, Object model, int... addedKinds) {
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("version", "1.0");
        root.put("truncation", null);
        root.put("padding", null);
        List<Object> added = new ArrayList<>();
        String[] tokens = m.tokens();
        int[] kinds = m.kinds();
        for (int id = 0; id < tokens.length; id++) {
            for (int kind : addedKinds) if (kinds[id] == kind) added.add(added(id, tokens[id], kind));
        }
        root.put("added_tokens", added);
        root.put("model", model);
        return root;
    }

    private static Map<String, Object> added(int id, String content, int kind) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("id", id);
        out.put("content", content);
        for (String no : List.of("single_word", "lstrip", "rstrip", "normalized")) out.put(no, false);
        out.put("special", kind != PieceTable.USER_DEFINED);
        return out;
    }

    /// The post-processor that puts BOS and EOS around a text; null where nothing is added.
    private static @Nullable Object around(GgufMetadata m, boolean bosByDefault) {
        SpecialTokens special = GgufTokenizer.special(m);
        boolean bos = m.flag("tokenizer.ggml.add_bos_token", bosByDefault) && special.bos() != SpecialTokens.NONE;
        boolean eos = m.flag("tokenizer.ggml.add_eos_token", false) && special.eos() != SpecialTokens.NONE;
        if (!bos && !eos) return null;
        String[] tokens = m.tokens();
        List<Object> single = new ArrayList<>();
        Map<String, Object> used = new LinkedHashMap<>();
        if (bos) single.add(special(tokens[special.bos()], special.bos(), used));
        single.add(Map.of("Sequence", Map.of("id", "A", "type_id", 0)));
        if (eos) single.add(special(tokens[special.eos()], special.eos(), used));
        List<Object> pair = new ArrayList<>(single);
        pair.add(Map.of("Sequence", Map.of("id", "B", "type_id", 1)));
        return Map.of("type", "TemplateProcessing", "single", single, "pair", pair, "special_tokens", used);
    }

    private static Object special(String token, int id, Map<String, Object> used) {
        used.put(token, Map.of("id", token, "ids", List.of(id), "tokens", List.of(token)));
        return Map.of("SpecialToken", Map.of("id", token, "type_id", 0));
    }
}
