package dev.gradine.export;

import dev.gradine.data.token.Tokenizer;
import dev.gradine.models.StopTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Where a GGUF file says that a text ends: one EOS, one end of turn (`eot`), one end of message (`eom`). llama.cpp
/// adds tokens that it knows by name.
final class GgufEnds {

    private static final List<String> KEYS =
            List.of("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");

    private GgufEnds() {}

    /// Adds the keys that are needed beside those of the tokenizer.
    ///
    /// @param ends ids that end a text of the model
    /// @param notes gets a line where llama.cpp will end a text at a token that the model does not
    /// @throws IllegalArgumentException if the model ends texts at more tokens than the file can name
    static void add(Tokenizer tokenizer, Set<Integer> ends, Map<String, Object> metadata, List<String> notes) {
        Set<Integer> byName = StopTokens.byName(tokenizer);
        List<Integer> left = new ArrayList<>(ends);
        left.removeAll(byName);
        if (tokenizer.hasBos()) left.removeAll(List.of(tokenizer.bos()));
        for (String key : KEYS) {
            if (metadata.get(key) instanceof Number id) left.removeAll(List.of(id.intValue()));
            else if (!left.isEmpty()) metadata.put(key, left.removeFirst());
        }
        if (!left.isEmpty()) {
            throw new IllegalArgumentException(
                    "gguf: the model ends a text at %d more tokens than the file can name, such as %s"
                            .formatted(left.size(), tokenizer.token(left.getFirst())));
        }
        if (!metadata.containsKey(KEYS.getFirst())) {
            notes.add("the model names no EOS, for which llama.cpp assumes token 2 or 11");
        }
        List<String> more = byName.stream()
                .filter(id -> !ends.contains(id))
                .map(tokenizer::token)
                .toList();
        if (!more.isEmpty()) {
            notes.add("llama.cpp ends a text at %s as well, by name".formatted(String.join(" ", more)));
        }
    }
}
