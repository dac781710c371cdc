package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import java.util.List;
import java.util.Map;

/// Rows to pairs of texts that get a score each, as TRL's reward trainer prepares them.
///
/// The score is read at the last token, which is the only labelled one. Texts are not cut: a row with one longer
/// than `maxLength` is dropped, for its end is what counts.
///
/// @param codec the model's tokenizer and template
/// @param maxLength of prompt and answer together, in tokens, at least 2
public record RewardEncoder(TextCodec codec, int maxLength) implements Encoder<Pair> {

    /// Checks the length.
    public RewardEncoder {
        if (maxLength < 2) {
            throw new IllegalArgumentException("reward: max length is " + maxLength + ", expected >= 2 tokens");
        }
    }

    @Override
    public Made<Pair> make(Row row) {
        if (!(row instanceof Row.Preference p)) {
            throw new DataException("row has no chosen and rejected answer, expected a preference pair");
        }
        LabelledTokens chosen = text(codec, p.prompt(), p.chosen(), p.variables());
        LabelledTokens rejected = text(codec, p.prompt(), p.rejected(), p.variables());
        int longest = Math.max(chosen.tokens(), rejected.tokens());
        RowSize size = new RowSize(longest, 0, false, false);
        if (longest > maxLength) return Made.nothing(size);
        return Made.of(new Pair(chosen, rejected, List.of(), p.margin()), size);
    }

    /// Prompt and answer as a reward model reads them.
    public static LabelledTokens text(TextCodec codec, Passage prompt, Passage answer, Map<String, Object> variables) {
        return last(codec.both(prompt, answer, variables));
    }

    /// A text whose last token alone counts.
    public static LabelledTokens last(int[] ids) {
        return LabelledTokens.completion(ids, ids.length - 1);
    }

    @Override
    public String leftOut() {
        return "an end to score";
    }
}
