package dev.gradine.cli;

import dev.gradine.io.TokenFile;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.TokenBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Texts of a file of tokens, without the padding that makes them equally long there: without what `attention_mask`
/// leaves out, and without the `pad_token_id` of the configuration before the first and behind the last other token. So
/// the last token of a text is the one that transformers' language models take for it. An encoder reads all that a mask
/// leaves.
///
/// @param pad −1 for none
/// @param isEncoder whether they are for an encoder
record TokenTexts(int pad, boolean isEncoder) {

    private static final String MASK = "attention_mask";
    private static final String TYPES = "token_type_ids";

    /// By the configuration of a model.
    static TokenTexts of(Map<String, ?> config, Classifier model) {
        int pad = config.get("pad_token_id") instanceof Number n ? n.intValue() : -1;
        return new TokenTexts(pad, !(model instanceof CausalLm));
    }

    /// The texts of a file, each for a pass of its own.
    ///
    /// @throws IllegalArgumentException if a text is all padding, or the mask or the types are of other texts
    List<TokenBatch> read(Path file) {
        int[][] ids = TokenFile.read(file);
        int[][] mask = beside(file, MASK, ids);
        int[][] types = beside(file, TYPES, ids);
        List<TokenBatch> texts = new ArrayList<>();
        for (int b = 0; b < ids.length; b++) {
            int row = b;
            int[] seen = IntStream.range(0, ids[b].length)
                    .filter(i -> mask.length == 0 || mask[row][i] != 0)
                    .toArray();
            int[] kept = isEncoder && mask.length > 0 ? seen : within(seen, ids[b]);
            if (kept.length == 0) {
                throw new IllegalArgumentException("%s: row %d is all padding, expected a text".formatted(file, b + 1));
            }
            TokenBatch text = TokenBatch.of(List.of(at(kept, ids[b])));
            texts.add(types.length == 0 ? text : text.typed(List.of(at(kept, types[b]))));
        }
        return texts;
    }

    /// What a file says of each token; empty if nothing.
    private static int[][] beside(Path file, String name, int[][] ids) {
        if (!TokenFile.has(file, name)) return new int[0][];
        int[][] all = TokenFile.read(file, name);
        if (all.length == ids.length && all[0].length == ids[0].length) return all;
        throw new IllegalArgumentException("%s: %s is [%d, %d], expected [%d, %d] as input_ids"
                .formatted(file, name, all.length, all[0].length, ids.length, ids[0].length));
    }

    private static int[] at(int[] places, int[] values) {
        return IntStream.of(places).map(i -> values[i]).toArray();
    }

    /// Places without padding around them.
    private int[] within(int[] places, int[] ids) {
        int from = 0;
        int to = places.length;
        while (to > from && ids[places[to - 1]] == pad) to--;
        while (from < to && ids[places[from]] == pad) from++;
        return Arrays.copyOfRange(places, from, to);
    }

    /// A text as a tokenizer gives it.
    TokenBatch of(int[] ids) {
        int[] places = IntStream.range(0, ids.length).toArray();
        return TokenBatch.of(List.of(at(isEncoder ? places : within(places, ids), ids)));
    }
}
