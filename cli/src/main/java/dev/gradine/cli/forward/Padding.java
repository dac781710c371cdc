package dev.gradine.cli.forward;

import dev.gradine.data.token.TokenPair;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.TextModel;
import dev.gradine.nn.TokenBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// What of a row of tokens is padding: what `attention_mask` leaves out, and of a model that gives texts labels the
/// `pad_token_id` of the configuration before the first and behind the last other token. So the last token of a text is
/// the one that transformers' language models take for it. An encoder reads all that a mask leaves.
///
/// @param pad −1 for none
/// @param isEncoder whether they are for an encoder
public record Padding(int pad, boolean isEncoder) {

    /// By the configuration of a model.
    public static Padding of(Map<String, ?> config, TextModel model) {
        boolean hasPad = model instanceof Classifier && config.get("pad_token_id") instanceof Number;
        int pad = hasPad && config.get("pad_token_id") instanceof Number n ? n.intValue() : -1;
        return new Padding(pad, !(model instanceof CausalLm));
    }

    /// Places of a row that hold the text.
    ///
    /// @param mask 0 where a token is left out; empty if nothing is said
    int[] text(int[] ids, int[] mask) {
        int[] seen = IntStream.range(0, ids.length)
                .filter(i -> mask.length == 0 || mask[i] != 0)
                .toArray();
        return isEncoder && mask.length > 0 ? seen : within(seen, ids);
    }

    /// Places without padding around them.
    private int[] within(int[] places, int[] ids) {
        int from = 0;
        int to = places.length;
        while (to > from && ids[places[to - 1]] == pad) to--;
        while (from < to && ids[places[from]] == pad) from++;
        return Arrays.copyOfRange(places, from, to);
    }

    /// Two texts as a tokenizer puts them together.
    public TokenBatch of(TokenPair pair, Classifier model) {
        TokenBatch texts = of(pair.ids());
        return model.tokenTypes() > 1 ? texts.typed(List.of(pair.types())) : texts;
    }

    /// A text as a tokenizer gives it.
    public TokenBatch of(int[] ids) {
        if (isEncoder) return TokenBatch.of(List.of(ids));
        int[] places = within(IntStream.range(0, ids.length).toArray(), ids);
        return TokenBatch.of(List.of(IntStream.of(places).map(i -> ids[i]).toArray()));
    }
}
