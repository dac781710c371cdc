package dev.gradine.data.token;

import java.util.Arrays;
import java.util.stream.IntStream;

/// Two texts that are read together: their tokens, those that the tokenizer puts around and between them, and a type
/// of each, by which BERT tells the two apart.
public final class TokenPair {

    private final int[] ids;
    private final int[] types;
    private final int[] sides; // 0 of the first text, 1 of the second, otherwise of neither

    /// Takes the three arrays, all of one length, without copying.
    TokenPair(int[] ids, int[] types, int[] sides) {
        this.ids = ids;
        this.types = types;
        this.sides = sides;
    }

    /// The token ids; a copy.
    public int[] ids() {
        return ids.clone();
    }

    /// Type of each token; a copy.
    public int[] types() {
        return types.clone();
    }

    /// How many tokens there are.
    public int size() {
        return ids.length;
    }

    /// The same within `most` tokens: the longer text loses its end until both are as long, then both do. What stands
    /// around them stays.
    ///
    /// ```
    /// n ≤ m tokens of the texts, L = most − those around them
    /// m' = max(n, L − n)      if n + m' > L:  n' = ⌊L/2⌋, m' = ⌈L/2⌉
    /// ```
    ///
    /// Of equally long texts the second counts as the longer one: `longest_first` of Hugging Face's tokenizers.
    ///
    /// @return of no token where those around the texts leave no room for one of a text
    public TokenPair cut(int most) {
        int ofFirst = count(0);
        int ofSecond = count(1);
        int room = most - (ids.length - ofFirst - ofSecond);
        if (room >= ofFirst + ofSecond) return this;
        if (room < 1) return new TokenPair(new int[0], new int[0], new int[0]);
        int shorter = Math.min(ofFirst, ofSecond);
        int longer = Math.max(shorter, room - shorter);
        if (shorter + longer > room) {
            shorter = room / 2;
            longer = room - shorter;
        }
        boolean isFirstLonger = ofFirst > ofSecond;
        return isFirstLonger ? beginnings(longer, shorter) : beginnings(shorter, longer);
    }

    private int count(int side) {
        return (int) IntStream.of(sides).filter(s -> s == side).count();
    }

    /// The first so many tokens of each text.
    private TokenPair beginnings(int ofFirst, int ofSecond) {
        int[] left = {ofFirst, ofSecond};
        int[] kept = IntStream.range(0, ids.length)
                .filter(i -> sides[i] < 0 || left[sides[i]]-- > 0)
                .toArray();
        return new TokenPair(picked(ids, kept), picked(types, kept), picked(sides, kept));
    }

    private static int[] picked(int[] of, int[] places) {
        return Arrays.stream(places).map(i -> of[i]).toArray();
    }
}
