package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.Row;
import dev.gradine.data.token.TokenPair;
import java.util.Arrays;
import java.util.stream.IntStream;

/// Rows to texts with a label, as Hugging Face's tokenizers bring them to a model that tells labels: with
/// the tokens that the tokenizer puts around a text. Of a text that is too long the end is cut off, not
/// what stands around it; of a pair of texts that of the longer one.
///
/// @param codec the model's tokenizer
/// @param maxLength of a text, in tokens, at least 1
public record LabelledTextEncoder(TextCodec codec, int maxLength) implements Encoder<LabelledText> {

    /// Checks the length.
    public LabelledTextEncoder {
        if (maxLength < 1) {
            throw new IllegalArgumentException("labelled texts: max length is " + maxLength + ", expected >= 1 tokens");
        }
    }

    @Override
    public Made<LabelledText> make(Row row) {
        return switch (row) {
            case Row.Text t when !t.label().isEmpty() -> text(t);
            case Row.TextPair p when !p.label().isEmpty() -> pair(p);
            default ->
                throw new DataException("row has no text with a label, expected text + label (a name or a number)");
        };
    }

    private Made<LabelledText> pair(Row.TextPair p) {
        TokenPair whole = codec.tokenizer().pair(p.text(), p.pair());
        TokenPair kept = whole.cut(maxLength);
        int lost = whole.size() - kept.size();
        RowSize size = new RowSize(whole.size(), lost, lost > 0, false);
        if (kept.size() == 0) return Made.nothing(size);
        LabelledTokens tokens = RewardEncoder.last(kept.ids()).typed(kept.types());
        return Made.of(new LabelledText(tokens, p.label().getFirst()), size);
    }

    private Made<LabelledText> text(Row.Text t) {
        int[] whole = codec.tokenizer().encode(t.text(), true);
        int[] kept = whole.length <= maxLength ? whole : cut(t.text(), whole);
        RowSize size = new RowSize(whole.length, whole.length - kept.length, kept.length < whole.length, false);
        if (kept.length == 0) return Made.nothing(size);
        return Made.of(new LabelledText(RewardEncoder.last(kept), t.label().getFirst()), size);
    }

    /// The text without its end; none where what stands around it is too long by itself.
    private int[] cut(String text, int[] whole) {
        int[] plain = codec.tokenizer().encode(text, false);
        int more = whole.length - maxLength;
        int before = 0;
        while (before + plain.length <= whole.length && !isAt(before, plain, whole)) before++;
        boolean isFound = before + plain.length <= whole.length; // tokens around a text do not change it
        if (!isFound || more >= plain.length) return new int[0];
        int end = before + plain.length - more;
        return IntStream.concat(
                        IntStream.of(whole).limit(end), IntStream.of(whole).skip(before + plain.length))
                .toArray();
    }

    private static boolean isAt(int from, int[] plain, int[] whole) {
        return Arrays.equals(plain, 0, plain.length, whole, from, from + plain.length);
    }

    @Override
    public String leftOut() {
        return "no text";
    }
}
