package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Tokens to add to a tokenizer: texts, and marks, which leave no text when special tokens are skipped.
///
/// @param texts ordinary tokens
/// @param marks special tokens; they come after the ordinary ones
public record MoreTokens(List<String> texts, List<String> marks) {

    /// @throws TokenizerException if there is none, one is empty or one is there twice
    public MoreTokens {
        require(!texts.isEmpty() || !marks.isEmpty(), "add-tokens: no token, expected --tokens or --special-tokens");
        Set<String> seen = new HashSet<>();
        List<String> all = new ArrayList<>(texts);
        all.addAll(marks);
        for (String token : all) {
            require(!token.isEmpty(), "add-tokens: a token is empty, expected a text");
            require(seen.add(token), "add-tokens: token '" + ModelRules.shown(token) + "' is given twice");
        }
        texts = List.copyOf(texts);
        marks = List.copyOf(marks);
    }

    /// All of them, in the order of their ids.
    List<AddedToken> tokens() {
        List<AddedToken> out = new ArrayList<>();
        for (String t : texts) out.add(AddedToken.plain(t, false));
        for (String t : marks) out.add(AddedToken.mark(t));
        return out;
    }
}
