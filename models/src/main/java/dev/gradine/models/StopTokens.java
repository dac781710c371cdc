package dev.gradine.models;

import dev.gradine.data.token.Tokenizer;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;

/// Tokens after which a text is over: EOS and the ends of turn that chat models use. A second BOS ends a
/// text, too, since models trained on concatenated documents write it there.
public final class StopTokens {

    private static final String[] TURN_ENDS = {"<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<end_of_turn>", "<|end|>"};

    private StopTokens() {}

    /// Whether a token ends a text of that tokenizer.
    public static IntPredicate of(Tokenizer tokenizer) {
        Set<Integer> ends = new HashSet<>();
        if (tokenizer.hasEos()) ends.add(tokenizer.eos());
        if (tokenizer.hasBos()) ends.add(tokenizer.bos());
        for (String t : TURN_ENDS) if (tokenizer.hasToken(t)) ends.add(tokenizer.id(t));
        return ends::contains;
    }
}
