package dev.gradine.serve.api;

import dev.gradine.data.token.Tokenizer;
import dev.gradine.serve.http.ApiException;
import java.util.ArrayList;
import java.util.List;

/// A prompt of a completion: a text, or the ids of its tokens.
///
/// @param ids its tokens; those of a text as the tokenizer adds its special ones
/// @param text of it
record PromptText(List<Integer> ids, String text) {

    private static final int MOST = 2048; // prompts of one request

    /// The prompts of `prompt`: a text, a list of texts, a list of ids, or a list of lists of ids.
    static List<PromptText> read(Fields f, Tokenizer tokenizer, int vocabulary) {
        Object value = f.value("prompt");
        if (value == null) throw ApiException.missing("prompt", "a string, ids, or a list of either");
        if (value instanceof String s) return List.of(of(s, tokenizer));
        List<?> all = f.list("prompt");
        if (all.isEmpty() || (all.size() > MOST && !(all.getFirst() instanceof Integer))) {
            throw ApiException.value("prompt", "prompt has %d items, expected 1 to %d".formatted(all.size(), MOST));
        }
        if (all.getFirst() instanceof Integer) return List.of(of(f, all, tokenizer, vocabulary));
        List<PromptText> out = new ArrayList<>();
        for (Object each : all) {
            if (each instanceof String s) out.add(of(s, tokenizer));
            else if (each instanceof List<?> ids) out.add(of(f, ids, tokenizer, vocabulary));
            else throw f.wrong("prompt", each, "strings, or lists of ids");
        }
        return out;
    }

    private static PromptText of(String text, Tokenizer tokenizer) {
        List<Integer> ids = new ArrayList<>();
        for (int id : tokenizer.encode(text, true)) ids.add(id);
        return new PromptText(ids, text);
    }

    private static PromptText of(Fields f, List<?> given, Tokenizer tokenizer, int vocabulary) {
        List<Integer> ids = new ArrayList<>();
        for (Object id : given) ids.add(TextFields.token(f, "prompt", id, vocabulary));
        return new PromptText(ids, tokenizer.decode(ints(ids), false));
    }

    /// Its tokens.
    int[] tokens() {
        return ints(ids);
    }

    /// The same numbers.
    static int[] ints(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }
}
