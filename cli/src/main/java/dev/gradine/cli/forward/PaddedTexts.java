package dev.gradine.cli.forward;

import dev.gradine.io.TokenFile;
import dev.gradine.nn.TokenBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Texts of a file of tokens, without the padding that makes them equally long there. A token keeps the position that
/// it
/// has in its row, as in transformers: of a text that is padded in front they do not begin at 0.
public final class PaddedTexts {

    /// Tokens, `[B,T]`.
    static final String IDS = "input_ids";

    /// 0 where a token is padding, `[B,T]`.
    static final String MASK = "attention_mask";

    /// Which of two texts a token belongs to, `[B,T]`.
    static final String TYPES = "token_type_ids";

    private final int[][] ids;
    private final int[][] types; // empty for zeros
    private final List<int[]> places; // of each row, those that are read

    private PaddedTexts(int[][] ids, int[][] types, List<int[]> places) {
        this.ids = ids;
        this.types = types;
        this.places = places;
    }

    /// The texts of a file.
    ///
    /// @throws IllegalArgumentException if a text is all padding, or the mask or the types are of other texts
    public static PaddedTexts read(Path file, Padding padding) {
        int[][] ids = TokenFile.read(file, IDS);
        int[][] mask = beside(file, MASK, ids);
        List<int[]> places = new ArrayList<>();
        for (int b = 0; b < ids.length; b++) {
            int[] text = padding.text(ids[b], mask.length == 0 ? new int[0] : mask[b]);
            if (text.length == 0) {
                throw new IllegalArgumentException("%s: row %d is all padding, expected a text".formatted(file, b + 1));
            }
            places.add(text);
        }
        return new PaddedTexts(ids, beside(file, TYPES, ids), places);
    }

    /// What a file says of each token; empty if nothing.
    private static int[][] beside(Path file, String name, int[][] ids) {
        if (!TokenFile.has(file, name)) return new int[0][];
        int[][] all = TokenFile.read(file, name);
        if (all.length == ids.length && all[0].length == ids[0].length) return all;
        throw new IllegalArgumentException("%s: %s is [%d, %d], expected [%d, %d] as input_ids"
                .formatted(file, name, all.length, all[0].length, ids.length, ids[0].length));
    }

    /// Number of texts B.
    public int count() {
        return ids.length;
    }

    /// Length of a row, padding and all: T.
    int width() {
        return ids[0].length;
    }

    /// All texts, to be read in one pass.
    TokenBatch together() {
        return batch(0, ids.length);
    }

    /// Each text, for a pass of its own.
    public List<TokenBatch> apart() {
        return IntStream.range(0, ids.length).mapToObj(b -> batch(b, b + 1)).toList();
    }

    /// Where the tokens of `together` stand, counted through all rows.
    int[] cells() {
        return IntStream.range(0, ids.length)
                .flatMap(b -> IntStream.of(places.get(b)).map(t -> b * width() + t))
                .toArray();
    }

    private TokenBatch batch(int from, int to) {
        TokenBatch texts = TokenBatch.of(kept(ids, from, to));
        int[] positions =
                places.subList(from, to).stream().flatMapToInt(IntStream::of).toArray();
        TokenBatch placed = texts.at(positions);
        return types.length == 0 ? placed : placed.typed(kept(types, from, to));
    }

    private List<int[]> kept(int[][] of, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(b -> IntStream.of(places.get(b)).map(t -> of[b][t]).toArray())
                .toList();
    }
}
