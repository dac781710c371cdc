package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.Arrays;
import java.util.BitSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A `tokenizer.json`, read and checked by us and written anew for the native library, which ends the process at many
/// files that are not what it expects.
final class TokenizerFile {
    private static final int MAX_ID = (1 << 24) - 1;

    private final String what;
    private final ModelRules model;
    private final ObjectNode parts = JsonNodeFactory.instance.objectNode();
    private final AddedTokens added;

    private TokenizerFile(String what, JsonNode root) {
        this.what = what;
        String place = what + ": ";
        JsonNode version = root.path("version");
        require(
                version.isMissingNode() || "1.0".equals(version.asString("")),
                place + "version is " + StrictJson.describe(version) + ", expected \"1.0\"");
        model = ModelRules.of(place + "model", root.path("model"));
        parts.set("normalizer", Components.normalizer(place + "normalizer", root.path("normalizer")));
        parts.set("pre_tokenizer", Components.preTokenizer(place + "pre_tokenizer", root.path("pre_tokenizer")));
        parts.set("post_processor", PostProcessors.checked(place + "post_processor", root.path("post_processor")));
        parts.set("decoder", Components.decoder(place + "decoder", root.path("decoder")));
        Components.requireBounded(place + "normalizer", parts.get("normalizer"));
        Components.requireBounded(place + "decoder", parts.get("decoder"));
        added = added(root.path("added_tokens"));
    }

    /// Reads the text of a `tokenizer.json`.
    ///
    /// @param what file or source, named in errors
    /// @throws TokenizerException names the file, the place in it and what was expected there
    static TokenizerFile parse(String what, String json) {
        return new TokenizerFile(what, StrictJson.parse(what, json));
    }

    /// A token id.
    ///
    /// @param where file and token, named in errors
    static int id(String where, JsonNode id) {
        if (id.isInt() && id.asInt() >= 0 && id.asInt() <= MAX_ID) return id.asInt();
        throw new TokenizerException(where + " id is " + StrictJson.describe(id) + ", expected 0 to " + MAX_ID);
    }

    private AddedTokens added(JsonNode list) {
        var out = new AddedTokens(model.ids(), model.size());
        if (list.isMissingNode() || list.isNull()) return out;
        require(
                list.isArray(),
                what + ": added_tokens is " + StrictJson.describe(list) + ", expected a list of tokens");
        for (int i = 0; i < list.size(); i++) {
            String where = what + ": added_tokens[" + i + "]";
            JsonNode entry = list.get(i);
            out.add(AddedToken.of(where, entry, false), id(where, entry.path("id")), what);
        }
        return out;
    }

    /// The tokens of its list `added_tokens`, to which others may be added.
    AddedTokens added() {
        return added;
    }

    /// Tokens by id, those of the model and the added ones.
    Vocabulary vocabulary() {
        int size = 0;
        for (int id : model.ids().values()) size = Math.max(size, id + 1);
        for (int id : added.byId().keySet()) size = Math.max(size, id + 1);
        String[] tokens = new String[size];
        Arrays.fill(tokens, "");
        model.ids().forEach((token, id) -> tokens[id] = token);
        BitSet special = new BitSet();
        added.byId().forEach((id, token) -> {
            tokens[id] = token.content();
            special.set(id, token.special());
        });
        return new Vocabulary(what, tokens, special);
    }

    /// The text that the native library is given.
    String text() {
        return write(JsonMapper.shared().valueToTree(added.json()), parts, model.checked());
    }

    /// Whether tokens are looked for in a text that has been changed before.
    boolean normalizesTokens() {
        return !parts.get("normalizer").isNull()
                && added.byId().values().stream().anyMatch(AddedToken::normalized);
    }

    /// A tokenizer with the same normalizer that makes one token of every text that is not empty.
    String normalizerAlone() {
        ObjectNode alone = JsonNodeFactory.instance.objectNode();
        alone.set("normalizer", parts.get("normalizer"));
        ObjectNode words = JsonNodeFactory.instance.objectNode();
        words.put("type", "WordLevel").put("unk_token", "?").putObject("vocab").put("?", 0);
        return write(JsonNodeFactory.instance.arrayNode(), alone, words);
    }

    private static String write(JsonNode added, ObjectNode parts, JsonNode model) {
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.put("version", "1.0");
        out.putNull("truncation").putNull("padding");
        out.set("added_tokens", added);
        out.setAll(parts);
        out.set("model", model);
        return JsonMapper.shared().writeValueAsString(out);
    }
}
