package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The `model` of a `tokenizer.json`: its vocabulary, and the model copied with the fields that its type has.
///
/// @param checked the copy
/// @param ids of its tokens
/// @param size how many entries its vocabulary has
record ModelRules(JsonNode checked, Map<String, Integer> ids, int size) {
    private static final int LONGEST = 10_000; // characters of a token

    /// @param where file and place of the model, named in errors
    static ModelRules of(String where, JsonNode in) {
        require(in.isObject(), where + " is " + StrictJson.describe(in) + ", expected an object");
        var f = new JsonFields(where, in);
        String type = type(in);
        f.put("type", JsonNodeFactory.instance.stringNode(type));
        JsonNode vocab = in.path("vocab");
        Map<String, Integer> ids = type.equals("Unigram") ? pieces(f, vocab) : tokens(f, vocab);
        switch (type) {
            case "BPE" -> bpe(f, ids);
            case "WordPiece" -> {
                f.text("unk_token", LONGEST);
                f.text("continuing_subword_prefix", LONGEST);
                f.count("max_input_chars_per_word", 0, LONGEST);
            }
            case "WordLevel" -> f.text("unk_token", LONGEST);
            case "Unigram" -> {
                if (f.has("unk_id")) f.count("unk_id", 0, vocab.size() - 1);
                f.flagIfThere("byte_fallback");
            }
            default -> throw f.unknownType(List.of("BPE", "Unigram", "WordLevel", "WordPiece"));
        }
        return new ModelRules(f.checked(), ids, vocab.size());
    }

    /// The type; old files do not say it, their fields do.
    private static String type(JsonNode in) {
        if (in.path("type").isString()) return in.path("type").asString();
        if (in.has("type")) return "";
        if (in.has("merges")) return "BPE";
        if (in.path("vocab").isArray()) return "Unigram";
        return in.has("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
    }

    private static Map<String, Integer> tokens(JsonFields f, JsonNode vocab) {
        require(vocab.isObject(), f.where("vocab") + " is " + StrictJson.describe(vocab) + ", expected ids by token");
        Map<String, Integer> ids = HashMap.newHashMap(vocab.size());
        BitSet used = new BitSet();
        for (var e : vocab.properties()) {
            String place = f.where("vocab") + ": '" + shown(e.getKey()) + "'";
            require(e.getKey().length() <= LONGEST, place + " is too long, expected at most " + LONGEST);
            int id = TokenizerFile.id(place, e.getValue());
            require(!used.get(id), place + " has the id " + id + ", which another token has, too");
            used.set(id);
            ids.put(e.getKey(), id);
        }
        f.put("vocab", vocab);
        return ids;
    }

    private static Map<String, Integer> pieces(JsonFields f, JsonNode vocab) {
        Map<String, Integer> ids = HashMap.newHashMap(vocab.size());
        f.list("vocab", (where, piece) -> {
            boolean good = piece.isArray() && piece.size() == 2 && piece.get(0).isString() && isFinite(piece.get(1));
            require(good, where + " is " + StrictJson.describe(piece) + ", expected a piece and its score");
            int length = piece.get(0).asString().length();
            require(
                    length > 0 && length <= LONGEST,
                    where + " has " + length + " characters, expected 1 to " + LONGEST);
            ids.put(piece.get(0).asString(), ids.size());
            return piece;
        });
        for (int i = 0; i < vocab.size(); i++) ids.put(vocab.get(i).get(0).asString(), i);
        return ids;
    }

    private static boolean isFinite(JsonNode score) {
        return score.isNumber() && Math.abs(score.asDouble()) < 1e30;
    }

    private static void bpe(JsonFields f, Map<String, Integer> ids) {
        f.textIfThere("unk_token", LONGEST);
        f.textIfThere("continuing_subword_prefix", LONGEST);
        f.textIfThere("end_of_word_suffix", LONGEST);
        f.flagIfThere("fuse_unk").flagIfThere("byte_fallback").flagIfThere("ignore_merges");
        if (f.has("dropout")) {
            JsonNode dropout = f.get("dropout");
            require(
                    dropout.isNumber() && dropout.asDouble() >= 0 && dropout.asDouble() <= 1,
                    f.where("dropout") + " is " + StrictJson.describe(dropout) + ", expected 0 to 1");
            f.put("dropout", dropout);
        }
        String prefix = f.has("continuing_subword_prefix")
                ? f.get("continuing_subword_prefix").asString()
                : "";
        JsonNode merges = f.get("merges");
        if (merges.isArray() && !merges.isEmpty() && merges.get(0).isString() && isVersion(merges.get(0))) {
            ((ArrayNode) merges).remove(0);
        }
        f.list("merges", (where, merge) -> merge(where, merge, prefix, ids));
    }

    private static boolean isVersion(JsonNode line) {
        return line.asString().startsWith("#version");
    }

    /// A merge of two tokens of the vocabulary into a third, as a pair.
    private static JsonNode merge(String where, JsonNode in, String prefix, Map<String, Integer> ids) {
        String[] pair = in.isString() ? in.asString().split(" ", -1) : texts(in);
        require(pair.length == 2, where + " is " + StrictJson.describe(in) + ", expected two tokens");
        for (String token : pair) {
            require(ids.containsKey(token), where + " has '" + shown(token) + "', which the vocabulary has not");
        }
        require(
                pair[1].startsWith(prefix),
                where + " has '" + shown(pair[1]) + "' on its right, expected the continuing_subword_prefix '"
                        + shown(prefix) + "' before it");
        String joined = pair[0] + pair[1].substring(prefix.length());
        require(ids.containsKey(joined), where + " makes '" + shown(joined) + "', which the vocabulary has not");
        return JsonNodeFactory.instance.arrayNode().add(pair[0]).add(pair[1]);
    }

    private static String[] texts(JsonNode list) {
        boolean texts = list.isArray() && list.valueStream().allMatch(JsonNode::isString);
        return texts ? list.valueStream().map(JsonNode::asString).toArray(String[]::new) : new String[0];
    }

    static String shown(String token) {
        String printable = token.replaceAll("\\p{Cntrl}", "?");
        return printable.length() > 40 ? printable.substring(0, 40) + " ..." : printable;
    }
}
