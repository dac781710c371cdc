package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import dev.gradine.data.jinja.TemplateException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Rows to [PreferenceExample]s, as TRL's DPO trainer prepares them.
///
/// Plain answers get an EOS unless they have one; conversations are ended by the template. The answers start at the
/// first token in which the prompt alone differs from either full sequence. Both sequences are cut after `maxLength`
/// tokens; a row whose prompt alone is that long is dropped.
///
/// @param codec the model's tokenizer and template
/// @param maxLength of prompt and answer together, in tokens, at least 2
public record PreferenceEncoder(TextCodec codec, int maxLength) {
    /// Checks the length.
    public PreferenceEncoder {
        if (maxLength < 2) {
            throw new IllegalArgumentException("preference: max length is " + maxLength + ", expected >= 2 tokens");
        }
    }

    /// All rows of a set whose prompt leaves room for an answer.
    ///
    /// @throws DataException naming file and row, if a row cannot be used or none is left
    public Encoded<PreferenceExample> encode(DataSet data) {
        List<PreferenceExample> out = new ArrayList<>();
        int broken = 0;
        for (int i = 0; i < data.size(); i++) {
            try {
                Pair p = pair(data.rows().get(i));
                if (p.start < maxLength) out.add(p.cut(maxLength));
                if (p.start < p.prompt.length) broken++;
            } catch (DataException | TemplateException e) {
                String place = data.name() + ": row " + data.numbers().get(i);
                throw new DataException(place + ": " + e.getMessage(), e);
            }
        }
        if (out.isEmpty()) {
            throw new DataException(data.name() + ": no row has room for an answer within max length " + maxLength);
        }
        return new Encoded<>(out, data.size() - out.size(), broken);
    }

    /// One row.
    ///
    /// @throws DataException if it is not a preference pair or its prompt fills the maximum length
    /// @throws TemplateException if the chat template refuses the row
    public PreferenceExample encode(Row row) {
        Pair p = pair(row);
        if (p.start >= maxLength) {
            throw new DataException("prompt has " + p.start + " tokens, expected fewer than max length " + maxLength);
        }
        return p.cut(maxLength);
    }

    /// Both full sequences, the prompt alone, and where they part.
    private static final class Pair {
        final int[] prompt;
        final int[] chosen;
        final int[] rejected;
        final int start;

        Pair(int[] prompt, int[] chosen, int[] rejected) {
            this.prompt = prompt;
            this.chosen = chosen;
            this.rejected = rejected;
            this.start = Math.min(TextCodec.sharedPrefix(prompt, chosen), TextCodec.sharedPrefix(prompt, rejected));
        }

        PreferenceExample cut(int maxLength) {
            return new PreferenceExample(
                    Arrays.copyOf(prompt, start),
                    Arrays.copyOfRange(chosen, start, Math.min(maxLength, chosen.length)),
                    Arrays.copyOfRange(rejected, start, Math.min(maxLength, rejected.length)));
        }
    }

    private Pair pair(Row row) {
        if (!(row instanceof Row.Preference p)) {
            throw new DataException("row has no chosen and rejected answer, expected a preference pair");
        }
        return new Pair(
                codec.prompt(p.prompt(), p.variables()),
                codec.both(p.prompt(), p.chosen(), p.variables()),
                codec.both(p.prompt(), p.rejected(), p.variables()));
    }
}
