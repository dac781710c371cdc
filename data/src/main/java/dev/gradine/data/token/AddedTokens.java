package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The tokens added to a model's vocabulary, with the ids that the tokenizers library gives them.
///
/// ```
/// id(t) = id of t in the vocabulary or among the tokens added before
///         else max(size of the vocabulary, 1 + largest id added before)
/// ```
///
/// The id that a file declares does not count: it is only compared, and a difference is a note.
final class AddedTokens {
    private final Map<String, Integer> vocabulary;
    private final int size;
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final Map<Integer, AddedToken> tokens = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private int largest = -1;

    /// @param vocabulary ids of the model's tokens
    /// @param size how many tokens the model has
    AddedTokens(Map<String, Integer> vocabulary, int size) {
        this.vocabulary = vocabulary;
        this.size = size;
    }

    /// Adds a token, or changes the flags of one that is there.
    ///
    /// @return its id
    int add(AddedToken token) {
        Integer known = ids.get(token.content());
        if (known == null) known = vocabulary.get(token.content());
        int id = known == null ? Math.max(size, largest + 1) : known;
        ids.put(token.content(), id);
        tokens.put(id, token);
        largest = Math.max(largest, id);
        return id;
    }

    /// Adds a token that a file declares with an id.
    void add(AddedToken token, int declared, String where) {
        int id = add(token);
        if (id == declared) return;
        notes.add("%s: token '%s' is declared with id %d; it gets %d, as in transformers (%s)"
                .formatted(
                        where,
                        token.content(),
                        declared,
                        id,
                        id < size ? "its id in the vocabulary" : "the next free id"));
    }

    /// Requires that no two tokens can claim the same white space: one that takes what follows it, and one that takes
    /// what is before it and begins with white space itself.
    ///
    /// @param what file, named in errors
    void requireApart(String what) {
        if (tokens.values().stream().noneMatch(AddedToken::rstrip)) return;
        for (AddedToken t : tokens.values()) {
            TokenizerException.require(
                    !t.lstrip() || t.content().stripLeading().equals(t.content()),
                    what + ": added token '" + ModelRules.shown(t.content())
                            + "' begins with white space and takes the white space before it (lstrip), while another"
                            + " takes the white space behind it (rstrip), expected one of the two");
        }
    }

    /// The texts of the tokens that have been added so far.
    Set<String> contents() {
        return Set.copyOf(ids.keySet());
    }

    /// Tokens by id, in the order they were added.
    Map<Integer, AddedToken> byId() {
        return tokens;
    }

    /// What is worth a line to the user.
    List<String> notes() {
        return notes;
    }

    /// The list `added_tokens` of a `tokenizer.json`: read in this order it gives the same ids.
    List<Map<String, Object>> json() {
        List<Map<String, Object>> out = new ArrayList<>();
        ids.forEach((content, id) -> {
            AddedToken token = tokens.get(id);
            if (token != null && token.content().equals(content)) out.add(token.json(id));
        });
        return out;
    }
}
