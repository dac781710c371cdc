package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.MadeList;
import dev.gradine.data.Row;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// Rows to judged answers, as TRL's KTO trainer prepares them.
///
/// An answer starts at the first token in which the prompt alone differs from the full sequence, which is cut after
/// `maxLength` tokens; a row whose prompt alone is that long is dropped. Strangers are taken within groups of
/// consecutive examples: each gets the answer of the one before it, the first that of the last.
///
/// @param codec the model's tokenizer and template
/// @param maxLength of prompt and answer together, in tokens, at least 2
/// @param group examples among which a stranger is taken, at least 2, or `NO_STRANGERS`
public record JudgedEncoder(TextCodec codec, int maxLength, int group) implements Encoder<Judged> {

    /// No stranger is asked for.
    public static final int NO_STRANGERS = 0;

    /// Checks the numbers.
    public JudgedEncoder {
        if (maxLength < 2) {
            throw new IllegalArgumentException("judged: max length is " + maxLength + ", expected >= 2 tokens");
        }
        if (group != NO_STRANGERS && group < 2) {
            throw new IllegalArgumentException(
                    "batch: " + group + ", expected at least 2 (an answer is compared with one to another prompt)");
        }
    }

    @Override
    public Made<Judged> make(Row row) {
        if (!(row instanceof Row.Judged j)) {
            throw new DataException("row has no judged answer, expected prompt + completion + label");
        }
        int[] prompt = codec.prompt(j.prompt(), j.variables());
        int[] whole = codec.both(j.prompt(), j.completion(), j.variables());
        int start = TextCodec.sharedPrefix(prompt, whole);
        int cut = Math.max(0, whole.length - maxLength);
        RowSize size = new RowSize(whole.length, cut, cut > 0, start < prompt.length);
        if (start >= maxLength) return Made.nothing(size);
        LabelledTokens answer = cut(whole, start);
        return Made.of(new Judged(answer, j.desirable(), answer), size);
    }

    private LabelledTokens cut(int[] whole, int start) {
        return LabelledTokens.completion(Arrays.copyOf(whole, Math.min(maxLength, whole.length)), start);
    }

    @Override
    public String leftOut() {
        return "no room for an answer";
    }

    /// @throws DataException if a row cannot be used, or there are too few for strangers
    @Override
    public Encoded<Judged> encode(DataSet data, IntConsumer done) {
        Encoded<Judged> alone = Encoder.super.encode(data, done);
        if (group == NO_STRANGERS) return alone;
        List<Judged> all = alone.examples();
        if (all.size() < 2) {
            throw new DataException(data.name() + ": has 1 judged answer, expected at least 2 (one is compared with"
                    + " the answer to another prompt)");
        }
        int n = all.size();
        List<Judged> paired = MadeList.of(n, i -> behind(all.get(i), all.get(before(i, n))));
        return new Encoded<>(data.isLarge() ? paired : List.copyOf(paired), alone.counts());
    }

    /// Number of the example whose answer example `i` gets.
    private int before(int i, int n) {
        int last = Math.min(n, i - i % group + group) - 1;
        return i % group > 0 || last == i ? i - 1 : last; // one alone at the end has no group
    }

    private Judged behind(Judged own, Judged stranger) {
        int start = own.answer().promptTokens();
        int[] answer = stranger.answer().ids();
        int[] ids = IntStream.concat(
                        Arrays.stream(own.answer().ids()).limit(start),
                        Arrays.stream(answer).skip(stranger.answer().promptTokens()))
                .toArray();
        return new Judged(own.answer(), own.desirable(), cut(ids, start));
    }
}
