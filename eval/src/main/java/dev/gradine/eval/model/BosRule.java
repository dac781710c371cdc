package dev.gradine.eval.model;

import dev.gradine.data.token.Tokenizer;
import dev.gradine.data.token.TokenizerException;
import java.util.Locale;
import java.util.stream.IntStream;

/// Whether texts begin with BOS: `--add-bos`.
///
/// A text that has BOS written at its beginning, as chat templates do, gets no second one.
public enum BosRule {
    /// As the tokenizer does of itself.
    AUTO,
    /// Always.
    TRUE,
    /// Never.
    FALSE;

    /// The rule of a name.
    ///
    /// @throws IllegalArgumentException for another name
    public static BosRule named(String name) {
        for (BosRule r : values()) if (r.toString().equals(name)) return r;
        throw new IllegalArgumentException("add-bos: \"" + name + "\", expected one of auto, true, false");
    }

    /// The tokens of a text.
    int[] encode(Tokenizer tokenizer, String text) {
        if (this == FALSE || beginsWithPrefix(tokenizer, text)) return tokenizer.encode(text, false);
        int[] ids = tokenizer.encode(text, true);
        if (this == AUTO || (ids.length > 0 && ids[0] == tokenizer.bos())) return ids;
        return IntStream.concat(IntStream.of(tokenizer.bos()), IntStream.of(ids))
                .toArray();
    }

    private static boolean beginsWithPrefix(Tokenizer tokenizer, String text) {
        String mark = tokenizer.decode(new int[] {prefix(tokenizer)}, false);
        return !mark.isEmpty() && text.startsWith(mark);
    }

    /// What stands before a text that nothing stands before: BOS, or EOS where there is no BOS.
    ///
    /// @throws TokenizerException if there is neither
    static int prefix(Tokenizer tokenizer) {
        return tokenizer.hasBos() ? tokenizer.bos() : tokenizer.eos();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
