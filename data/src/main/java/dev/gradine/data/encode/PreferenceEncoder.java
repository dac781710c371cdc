package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Rows to pairs of answers, as TRL's DPO trainer prepares them.
///
/// Plain answers get an EOS unless they have one; conversations are ended by the template. The answers start at the
/// first token in which the prompt alone differs from either full sequence. Both sequences are cut after `maxLength`
/// tokens; a row whose prompt alone is that long is dropped.
///
/// @param codec the model's tokenizer and template
/// @param ends what stands around a sequence
/// @param maxLength of prompt and answer together, in tokens, at least 2
/// @param withReference whether rows have a third answer, which is read, too
public record PreferenceEncoder(TextCodec codec, Ends ends, int maxLength, boolean withReference)
        implements Encoder<Pair> {
    /// Checks the length.
    public PreferenceEncoder {
        if (maxLength < 2) {
            throw new IllegalArgumentException("preference: max length is " + maxLength + ", expected >= 2 tokens");
        }
    }

    /// Pairs.
    public PreferenceEncoder(TextCodec codec, Ends ends, int maxLength) {
        this(codec, ends, maxLength, false);
    }

    /// As DPO's trainer prepares them.
    public PreferenceEncoder(TextCodec codec, int maxLength) {
        this(codec, Ends.AS_RENDERED, maxLength);
    }

    /// The same of triples.
    public static PreferenceEncoder withReference(TextCodec codec, int maxLength) {
        return new PreferenceEncoder(codec, Ends.AS_RENDERED, maxLength, true);
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

    /// All full sequences, the prompt alone, and where they part.
    private static final class Answers {
        final int[] prompt;
        final List<int[]> whole; // chosen, rejected, and the reference of triples
        final int start;
        final double margin;

        Answers(int[] prompt, List<int[]> whole, double margin) {
            this.prompt = prompt;
            this.margin = margin;
            this.whole = whole;
            this.start = whole.stream()
                    .mapToInt(w -> TextCodec.sharedPrefix(prompt, w))
                    .min()
                    .orElseThrow();
        }

        RowSize size(int maxLength) {
            int cut = whole.stream()
                    .mapToInt(w -> Math.max(0, w.length - maxLength))
                    .sum();
            int longest = whole.stream().mapToInt(w -> w.length).max().orElseThrow();
            return new RowSize(longest, cut, cut > 0, start < prompt.length);
        }

        Pair cut(int maxLength) {
            List<LabelledTokens> all =
                    whole.stream().map(w -> cut(w, maxLength)).toList();
            return new Pair(all.get(0), all.get(1), all.subList(2, all.size()), margin);
        }

        private LabelledTokens cut(int[] answer, int maxLength) {
            return LabelledTokens.completion(Arrays.copyOf(answer, Math.min(maxLength, answer.length)), start);
        }
    }

    private Answers answers(Row row) {
        if (!(row instanceof Row.Preference p)) {
            throw new DataException("row has no chosen and rejected answer, expected a preference pair");
        }
        if (withReference && p.reference().isEmpty()) {
            throw new DataException("row has no field reference, expected the best answer known");
        }
        List<Passage> answers = new ArrayList<>(List.of(p.chosen(), p.rejected()));
        if (withReference) answers.addAll(p.reference());
        return new Answers(
                ends.prompt(codec.prompt(p.prompt(), p.variables()), codec),
                answers.stream()
                        .map(a -> ends.whole(codec.both(p.prompt(), a, p.variables()), codec))
                        .toList(),
                p.margin());
    }
}
