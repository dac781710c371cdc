package dev.gradine.cli;

import dev.gradine.io.TokenFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Texts of a file of tokens, without the padding that makes them equally long there: without what `attention_mask`
/// leaves out, and without the `pad_token_id` of the configuration before the first and behind the last other token. So
/// the last token of a text is the one that transformers' language models take for it.
///
/// @param pad −1 for none
record TokenTexts(int pad) {

    /// By the configuration of a model.
    static TokenTexts of(Map<String, ?> config) {
        return new TokenTexts(config.get("pad_token_id") instanceof Number n ? n.intValue() : -1);
    }

    /// The texts of a file.
    ///
    /// @throws IllegalArgumentException if a text is all padding, or the mask is of other texts
    List<int[]> read(Path file) {
        int[][] ids = TokenFile.read(file);
        boolean isMasked = TokenFile.has(file, "attention_mask");
        int[][] mask = isMasked ? TokenFile.read(file, "attention_mask") : ids;
        if (mask.length != ids.length || mask[0].length != ids[0].length) {
            throw new IllegalArgumentException("%s: attention_mask is [%d, %d], expected [%d, %d] as input_ids"
                    .formatted(file, mask.length, mask[0].length, ids.length, ids[0].length));
        }
        List<int[]> texts = new ArrayList<>();
        for (int b = 0; b < ids.length; b++) {
            int[] text = within(isMasked ? seen(ids[b], mask[b]) : ids[b]);
            if (text.length == 0) {
                throw new IllegalArgumentException("%s: row %d is all padding, expected a text".formatted(file, b + 1));
            }
            texts.add(text);
        }
        return texts;
    }

    private static int[] seen(int[] ids, int[] mask) {
        return IntStream.range(0, ids.length)
                .filter(i -> mask[i] != 0)
                .map(i -> ids[i])
                .toArray();
    }

    /// A text without padding around it.
    int[] within(int[] ids) {
        int from = 0;
        int to = ids.length;
        while (to > from && ids[to - 1] == pad) to--;
        while (from < to && ids[from] == pad) from++;
        return Arrays.copyOfRange(ids, from, to);
    }
}
