package dev.gradine.data.encode;

import static dev.gradine.data.encode.LabelledTokens.IGNORED;

import dev.gradine.data.DataException;
import dev.gradine.data.Row;
import dev.gradine.data.jinja.Rendered;
import dev.gradine.data.token.TokenSpans;
import java.util.Arrays;
import java.util.BitSet;

/// Rows to sequences to learn, as TRL's SFT trainer prepares them.
///
/// Plain text gets an EOS unless it has one. An answer starts at the first token in which the prompt alone and the
/// prompt with the answer differ. Sequences are cut after `maxLength` tokens; one with nothing left to learn is
/// dropped.
///
/// @param codec the model's tokenizer and template
/// @param mask which tokens are learnt
/// @param maxLength in tokens, at least 2
public record SftEncoder(TextCodec codec, LossMask mask, int maxLength) implements Encoder<LabelledTokens> {
    /// Checks the length.
    public SftEncoder {
        if (maxLength < 2) {
            throw new IllegalArgumentException("sft: max length is " + maxLength + ", expected >= 2 tokens");
        }
    }

    @Override
    public Made<LabelledTokens> make(Row row) {
        Sequence s = sequence(row);
        LabelledTokens cut = s.cut(maxLength);
        RowSize size = s.size(maxLength, !(row instanceof Row.Text));
        return cut.predicted() > 0 ? Made.of(cut, size) : Made.nothing(size);
    }

    @Override
    public String leftOut() {
        return "nothing to learn";
    }

    /// One row.
    ///
    /// @throws DataException if the row has no such mask
    /// @throws dev.gradine.data.jinja.TemplateException if the chat template refuses the row
    public LabelledTokens encode(Row row) {
        return sequence(row).cut(maxLength);
    }

    /// A whole sequence before it is cut.
    private static final class Sequence {
        final int[] ids;
        final int[] labels;
        final boolean broken;

        Sequence(int[] ids, int[] labels, boolean broken) {
            this.ids = ids;
            this.labels = labels;
            this.broken = broken;
        }

        /// @param hasAnswer whether what is learnt is an answer, and not simply text
        RowSize size(int maxLength, boolean hasAnswer) {
            boolean lost = false;
            for (int i = maxLength; hasAnswer && i < ids.length; i++) lost |= labels[i] != IGNORED;
            return new RowSize(ids.length, Math.max(0, ids.length - maxLength), lost, broken);
        }

        LabelledTokens cut(int maxLength) {
            int n = Math.min(maxLength, ids.length);
            return new LabelledTokens(Arrays.copyOf(ids, n), Arrays.copyOf(labels, n));
        }
    }

    private Sequence sequence(Row row) {
        return switch (row) {
            case Row.Text t -> whole(codec.text(codec.ended(t.text())));
            case Row.TextPair _ ->
                throw new DataException("row is a pair of texts, expected one text, a conversation or a prompt with its"
                        + " completion");
            case Row.Chat c -> chat(c);
            case Row.Completion c -> completion(c);
            case Row.Tokens t -> tokens(t);
            case Row.Judged _ ->
                throw new DataException("row is a judged answer, expected one without label (training on a row labelled"
                        + " false would teach it)");
            case Row.Prompt _ ->
                throw new DataException("row is a prompt, expected one with its completion, a conversation or text");
            case Row.Preference _ ->
                throw new DataException(
                        "row is a preference pair, expected text, a conversation or a prompt with its " + "completion");
        };
    }

    private Sequence whole(int[] ids) {
        if (mask == LossMask.ASSISTANT || mask == LossMask.COMPLETION) {
            throw new DataException("row is plain text, expected a "
                    + (mask == LossMask.ASSISTANT
                            ? "conversation (because the mask is assistant)"
                            : "prompt and completion (because the mask is completion)"));
        }
        return all(ids);
    }

    private Sequence chat(Row.Chat c) {
        if (mask == LossMask.COMPLETION) {
            throw new DataException(
                    "row is a conversation, expected prompt and completion (because the mask is " + "completion)");
        }
        if (mask == LossMask.ASSISTANT) return assistant(new AssistantMask(codec, c.messages(), c.variables()));
        return all(codec.encodeChat(c.messages(), c.variables(), false));
    }

    private Sequence completion(Row.Completion c) {
        if (mask == LossMask.ALL) {
            return all(codec.both(c.prompt(), c.completion(), c.variables()));
        }
        Sequence whole = mask == LossMask.ASSISTANT
                ? assistant(new AssistantMask(codec, TextCodec.turns(c.prompt(), c.completion()), c.variables()))
                : all(codec.both(c.prompt(), c.completion(), c.variables()));
        int[] prompt = codec.prompt(c.prompt(), c.variables());
        int start = TextCodec.sharedPrefix(prompt, whole.ids);
        Arrays.fill(whole.labels, 0, start, IGNORED);
        return new Sequence(whole.ids, whole.labels, start < prompt.length);
    }

    private static Sequence all(int[] ids) {
        return new Sequence(ids, ids.clone(), false);
    }

    private Sequence assistant(AssistantMask turns) {
        Rendered rendered = turns.rendered();
        TokenSpans spans = codec.spans(rendered.text());
        BitSet learnt = turns.learnt(spans);
        if (learnt.isEmpty()) {
            throw new DataException("row has no assistant turn, expected one (because the mask is assistant)");
        }
        int[] labels = spans.ids();
        for (int i = 0; i < labels.length; i++) if (!learnt.get(i)) labels[i] = IGNORED;
        return new Sequence(spans.ids(), labels, false);
    }

    private Sequence tokens(Row.Tokens t) {
        int[] ids = t.ids();
        int[] labels = t.labels();
        int vocabulary = codec.vocabSize();
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] >= vocabulary) throw outside("input_ids", i, ids[i], "below the vocabulary size " + vocabulary);
            boolean fits = labels[i] == IGNORED || (labels[i] >= 0 && labels[i] < vocabulary);
            if (!fits) throw outside("labels", i, labels[i], "-100 or below the vocabulary size " + vocabulary);
        }
        return new Sequence(ids, labels, false);
    }

    private static DataException outside(String field, int i, int is, String expected) {
        return new DataException("field " + field + "[" + i + "] is " + is + ", expected " + expected);
    }
}
