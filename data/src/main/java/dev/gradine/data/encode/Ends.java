package dev.gradine.data.encode;

import dev.gradine.data.token.Tokenizer;
import java.util.Arrays;

/// What stands before a prompt and behind an answer, in tokens.
///
/// TRL has two ways, and a loss is compared with its values in the way its trainer takes.
public enum Ends {
    /// What tokenizer and template give.
    AS_RENDERED,
    /// And a BOS before the prompt and an EOS behind the answer, each where the tokenizer has one and it is not there
    /// already; with ChatML a second `<|im_end|>` thus follows the line break behind the first. TRL's CPO and ORPO
    /// trainers.
    CLOSED;

    /// The tokens of a prompt.
    int[] prompt(int[] ids, TextCodec codec) {
        return this == CLOSED ? opened(ids, codec.tokenizer()) : ids;
    }

    /// The tokens of a prompt and its answer.
    int[] whole(int[] ids, TextCodec codec) {
        return this == CLOSED ? ended(opened(ids, codec.tokenizer()), codec.tokenizer()) : ids;
    }

    private static int[] opened(int[] ids, Tokenizer t) {
        if (!t.hasBos() || (ids.length > 0 && ids[0] == t.bos())) return ids;
        int[] longer = new int[ids.length + 1];
        longer[0] = t.bos();
        System.arraycopy(ids, 0, longer, 1, ids.length);
        return longer;
    }

    private static int[] ended(int[] ids, Tokenizer t) {
        if (!t.hasEos() || (ids.length > 0 && ids[ids.length - 1] == t.eos())) return ids;
        int[] longer = Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = t.eos();
        return longer;
    }
}
