package dev.gradine.export;

import dev.gradine.data.token.Tokenizer;
import dev.gradine.models.StopTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Where a GGUF file says that a text ends: one EOS, one end of turn (`eot`), one end of message (`eom`); llama.cpp
/// adds tokens that it knows by name.
final class GgufEnds {

    private static final String EOT = "tokenizer.ggml.eot_token_id";
    private static final String EOM = "tokenizer.ggml.eom_token_id";

    /// Tokens that llama.cpp ends a text at whatever the file says, as far as programs agree on them.
    private static final Set<String> BY_NAME = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|eom_id|>",
            "<|end_of_text|>",
            "</s>");

    private GgufEnds() {}

    /// Adds the keys that `tokenizer` needs beside its EOS.
    ///
    /// @param notes gets a line where llama.cpp will assume an end that the model does not have
    /// @throws IllegalArgumentException if the model ends texts at more tokens than the file can name
    static void add(Tokenizer tokenizer, Map<String, Object> metadata, List<String> notes) {
        if (!tokenizer.hasEos()) {
            notes.add("the tokenizer names no EOS, for which llama.cpp assumes a token of its own: number 2 or 11");
        }
        IntPredicate ends = StopTokens.of(tokenizer);
        List<Integer> others = IntStream.range(0, tokenizer.vocabSize())
                .filter(ends)
                .filter(id -> !tokenizer.hasEos() || id != tokenizer.eos())
                .filter(id -> !tokenizer.hasBos() || id != tokenizer.bos())
                .boxed()
                .collect(Collectors.toCollection(ArrayList::new));
        List<Integer> unnamed = others.stream()
                .filter(id -> !BY_NAME.contains(tokenizer.token(id)))
                .toList();
        for (String key : List.of(EOT, EOM)) {
            if (!unnamed.isEmpty() && !metadata.containsKey(key)) {
                metadata.put(key, unnamed.getFirst());
                unnamed = unnamed.subList(1, unnamed.size());
            }
        }
        if (!unnamed.isEmpty()) {
            throw new IllegalArgumentException(
                    "gguf: the model ends a text at %d more tokens than the file can name, such as %s"
                            .formatted(unnamed.size(), tokenizer.token(unnamed.getFirst())));
        }
    }
}
