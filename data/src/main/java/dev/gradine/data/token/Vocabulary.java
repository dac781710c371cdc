package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/// Tokens by id and ids by token.
final class Vocabulary {
    private static final int MAX_SIZE = 1 << 24;

    private final String what;
    private final String[] tokens;
    private final Map<String, Integer> ids;
    private final BitSet special;

    /// @param what file or source, named in errors
    /// @param tokens by id; empty where an id is unused
    /// @param special the ids that are marks rather than text
    Vocabulary(String what, String[] tokens, BitSet special) {
        require(tokens.length > 0, what + ": vocabulary is empty, expected at least one token");
        require(
                tokens.length <= MAX_SIZE,
                what + ": vocabulary has " + tokens.length + " tokens, expected at most " + MAX_SIZE);
        this.what = what;
        this.tokens = tokens;
        this.special = special;
        this.ids = HashMap.newHashMap(tokens.length);
        for (int id = 0; id < tokens.length; id++) if (!tokens[id].isEmpty()) ids.putIfAbsent(tokens[id], id);
    }

    int size() {
        return tokens.length;
    }

    /// The token; empty for an id beyond the vocabulary, which a padded model has.
    String token(int id) {
        return knows(id) ? tokens[id] : "";
    }

    boolean has(String token) {
        return ids.containsKey(token);
    }

    int id(String token) {
        Integer id = ids.get(token);
        if (id == null) throw new TokenizerException(what + ": token '" + token + "' is not in the vocabulary");
        return id;
    }

    int idOr(String token, int other) {
        return ids.getOrDefault(token, other);
    }

    boolean isSpecial(int id) {
        return knows(id) && special.get(id);
    }

    /// Whether an id lies within the vocabulary; one beyond it stands for nothing.
    boolean knows(int id) {
        require(id >= 0, "tokenizer: token id is " + id + ", expected 0 or more");
        return id < tokens.length;
    }
}
