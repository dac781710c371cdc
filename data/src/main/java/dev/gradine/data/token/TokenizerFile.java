package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A `tokenizer.json`, read and checked by us before the native library sees it.
final class TokenizerFile {
    private static final int MAX_ID = (1 << 24) - 1;

    private final String what;
    private final ObjectNode root;
    private final Map<String, Integer> ids;
    private final int count;

    private TokenizerFile(String what, ObjectNode root, Map<String, Integer> ids, int count) {
        this.what = what;
        this.root = root;
        this.ids = ids;
        this.count = count;
    }

    /// Reads the text of a `tokenizer.json`.
    ///
    /// @param what file or source, named in errors
    static TokenizerFile parse(String what, String json) {
        ObjectNode root = (ObjectNode) StrictJson.parse(what, json);
        JsonNode vocab = root.path("model").path("vocab");
        require(vocab.isObject() || vocab.isArray(), what + ": field model.vocab is missing, expected a vocabulary");
        Map<String, Integer> ids = HashMap.newHashMap(vocab.size());
        for (int i = 0; vocab.isArray() && i < vocab.size(); i++) {
            ids.put(vocab.get(i).path(0).asString(""), i);
        }
        for (var e : vocab.properties()) ids.put(e.getKey(), id(what + ": token", e.getValue()));
        return new TokenizerFile(what, root, ids, vocab.size());
    }

    /// A token id.
    ///
    /// @param where file and token, named in errors
    static int id(String where, JsonNode id) {
        if (id.isInt() && id.asInt() >= 0 && id.asInt() <= MAX_ID) return id.asInt();
        throw new TokenizerException(where + " id is " + StrictJson.describe(id) + ", expected 0 to " + MAX_ID);
    }

    /// The tokens of its list `added_tokens`.
    AddedTokens added() {
        var out = new AddedTokens(ids, count);
        JsonNode list = root.path("added_tokens");
        for (int i = 0; i < list.size(); i++) {
            String where = what + ": added_tokens[" + i + "]";
            JsonNode entry = list.get(i);
            out.add(AddedToken.of(where, entry, false), id(where, entry.path("id")), what);
        }
        return out;
    }

    /// Tokens by id, those of the model and the added ones.
    Vocabulary vocabulary(AddedTokens added) {
        int size = 0;
        for (int id : ids.values()) size = Math.max(size, id + 1);
        for (int id : added.byId().keySet()) size = Math.max(size, id + 1);
        String[] tokens = new String[size];
        Arrays.fill(tokens, "");
        ids.forEach((token, id) -> tokens[id] = token);
        BitSet special = new BitSet();
        added.byId().forEach((id, token) -> {
            tokens[id] = token.content();
            special.set(id, token.special());
        });
        return new Vocabulary(what, tokens, special);
    }

    /// The text that the native library is given.
    String text(AddedTokens added) {
        root.set("added_tokens", JsonMapper.shared().valueToTree(added.json()));
        return JsonMapper.shared().writeValueAsString(root);
    }
}
