package dev.gradine.models;

import dev.gradine.data.token.Tokenizer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Ends of turn that no file names by id: known by their text.
final class TurnEnds {
    /// Ends of turn of chat models, wherever a tokenizer has them.
    private static final List<String> CHAT =
            List.of("<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<end_of_turn>", "<|end|>");

    /// What else llama.cpp takes for the end of a generation, by its text: `special_eog_ids` in llama-vocab.cpp.
    private static final List<String> GGUF = List.of(
            "<|return|>",
            "<|call|>",
            "<|flush|>",
            "<|calls|>",
            "</s>",
            "<|eom_id|>",
            "<EOT>",
            "_<EOT>",
            "[EOT]",
            "[EOS]",
            "<|end_of_text|>",
            "<end_of_utterance>",
            "<eos>",
            "<turn|>",
            "<|tool_response>",
            "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
            "[e~[",
            // fill-in-the-middle: the model is asked for no more than the middle
            "<|fim_pad|>",
            "<fim-pad>",
            "<fim_pad>",
            "<PAD>",
            "[PAD]",
            "<|fim_repo|>",
            "<|repo_name|>",
            "<fim-repo>",
            "<REPO>",
            "<reponame>",
            "<|file_sep|>");

    private TurnEnds() {}

    /// The ends known by their text.
    ///
    /// @param gguf whether llama.cpp's whole list counts
    static Set<Integer> wellKnown(Tokenizer tokenizer, boolean gguf) {
        Set<Integer> ends = new TreeSet<>();
        for (String t : CHAT) if (tokenizer.hasToken(t)) ends.add(tokenizer.id(t));
        if (gguf) for (String t : GGUF) if (tokenizer.hasToken(t)) ends.add(tokenizer.id(t));
        boolean channels = has(tokenizer, "<|return|>") && has(tokenizer, "<|call|>");
        boolean calls = (has(tokenizer, "<|call|>") || has(tokenizer, "<|calls|>")) && has(tokenizer, "<|flush|>");
        // There <|end|> only ends a message, and another follows.
        if ((channels || calls) && has(tokenizer, "<|end|>")) ends.remove(tokenizer.id("<|end|>"));
        if (has(tokenizer, "<|tool_response>") && has(tokenizer, "</s>")) ends.remove(tokenizer.id("</s>"));
        return ends;
    }

    private static boolean has(Tokenizer tokenizer, String token) {
        return tokenizer.hasToken(token);
    }
}
