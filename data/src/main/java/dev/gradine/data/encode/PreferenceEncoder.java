package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.Row;
import java.util.Arrays;

/// Rows to pairs of answers, as TRL's DPO trainer prepares them.
///
/// Plain answers get an EOS unless they have one; conversations are ended by the template. The answers start at the
/// first token in which the prompt alone differs from either full sequence. Both sequences are cut after `maxLength`
/// tokens; a row whose prompt alone is that long is dropped.
///
/// @param codec the model's tokenizer and template
/// @param ends what stands around a sequence
/// @param maxLength of prompt and answer together, in tokens, at least 2
public record PreferenceEncoder(TextCodec codec, Ends ends, int maxLength) implements Encoder<Pair> {
    /// Checks the length.
    public PreferenceEncoder {
        if (maxLength < 2) {
            throw new IllegalArgumentException("preference: max length is " + maxLength + ", expected >= 2 tokens");
        }
    }

    /// As DPO's trainer prepares them.
    public PreferenceEncoder(TextCodec codec, int maxLength) {
        this(codec, Ends.AS_RENDERED, maxLength);
    }

    @Override
    public Made<Pair> make(Row row) {
        Answers a = answers(row);
        return a.start < maxLength ? Made.of(a.cut(maxLength), a.size(maxLength)) : Made.nothing(a.size(maxLength));
    }

    @Override
    public String leftOut() {
        return "no room for an answer";
    }

    /// One row.
    ///
    /// @throws DataException if it is not a preference pair or its prompt fills the maximum length
    /// @throws dev.gradine.data.jinja.TemplateException if the chat template refuses the row
    public Pair encode(Row row) {
        Answers a = answers(row);
        if (a.start >= maxLength) {
            throw new DataException("prompt has " + a.start + " tokens, expected fewer than max length " + maxLength);
        }
        return a.cut(maxLength);
    }

    /// Both full sequences, the prompt alone, and where they part.
    private static final class Answers {
        final int[] prompt;
        final int[] chosen;
        final int[] rejected;
        final int start;

        Answers(int[] prompt, int[] chosen, int[] rejected) {
            this.prompt = prompt;
            this.chosen = chosen;
            this.rejected = rejected;
            this.start = Math.min(TextCodec.sharedPrefix(prompt, chosen), TextCodec.sharedPrefix(prompt, rejected));
        }

        RowSize size(int maxLength) {
            int cut = Math.max(0, chosen.length - maxLength) + Math.max(0, rejected.length - maxLength);
            return new RowSize(Math.max(chosen.length, rejected.length), cut, cut > 0, start < prompt.length);
        }

        Pair cut(int maxLength) {
            return new Pair(cut(chosen, maxLength), cut(rejected, maxLength));
        }

        private LabelledTokens cut(int[] answer, int maxLength) {
            return LabelledTokens.completion(Arrays.copyOf(answer, Math.min(maxLength, answer.length)), start);
        }
    }

    private Answers answers(Row row) {
        if (!(row instanceof Row.Preference p)) {
            throw new DataException("row has no chosen and rejected answer, expected a preference pair");
        }
        return new Answers(
                ends.prompt(codec.prompt(p.prompt(), p.variables()), codec),
                ends.whole(codec.both(p.prompt(), p.chosen(), p.variables()), codec),
                ends.whole(codec.both(p.prompt(), p.rejected(), p.variables()), codec));
    }
}
