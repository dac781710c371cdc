package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.chat.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Rows to prompts for which answers are sampled, with the answers that rows bring themselves.
///
/// A given answer of a prompt is tokenised on its own and closed with the mark that ends a turn, or with the EOS behind
/// plain text, unless it was truncated: as if the model had written it. The answer of a whole conversation is tokenised
/// with it. A row whose prompt has `maxLength` tokens is dropped, an answer is cut there.
///
/// @param codec the model's tokenizer and template
/// @param maxLength of prompt and answer together, in tokens, at least 2
/// @param group answers to a prompt
public record GroupEncoder(TextCodec codec, int maxLength, int group) implements Encoder<Group> {
    /// Checks the length.
    public GroupEncoder {
        if (maxLength < 2) {
            throw new IllegalArgumentException("group: max length is " + maxLength + ", expected >= 2 tokens");
        }
    }

    @Override
    public Made<Group> make(Row row) {
        return switch (row) {
            case Row.Prompt p -> prompt(p);
            case Row.Completion c -> completion(c);
            case Row.Chat c -> chat(c);
            default -> throw new DataException("row is no prompt, expected a prompt alone, or with its completions");
        };
    }

    private Made<Group> prompt(Row.Prompt p) {
        if (!p.given().isEmpty() && p.given().size() != group) {
            throw new DataException("field completions has %d entries, expected %d (answers to a prompt)"
                    .formatted(p.given().size(), group));
        }
        Question question = question(p.prompt(), p.variables(), p.columns());
        List<Attempt> given = new ArrayList<>();
        for (Row.Rated r : p.given())
            given.add(written(question, r.text(), !r.truncated()).worth(r.reward()));
        return made(Group.of(question, given));
    }

    private Made<Group> completion(Row.Completion c) {
        Question question = question(c.prompt(), c.variables(), Map.of());
        return made(Group.of(question, List.of(written(question, text(c.completion()), true))));
    }

    private static String text(Passage answer) {
        return switch (answer) {
            case Passage.Text t -> t.text();
            case Passage.Turns t
            when t.messages().size() == 1 -> t.messages().getFirst().content();
            case Passage.Turns t ->
                throw new DataException("completion has %d turns, expected 1"
                        .formatted(t.messages().size()));
        };
    }

    private Made<Group> chat(Row.Chat c) {
        List<Message> turns = c.messages();
        if (!turns.getLast().isAssistant()) {
            throw new DataException("conversation ends with a turn of %s, expected one of the assistant"
                    .formatted(turns.getLast().role()));
        }
        Passage before = new Passage.Turns(turns.subList(0, turns.size() - 1));
        Question question = question(before, c.variables(), Map.of());
        int[] whole = codec.encodeChat(turns, c.variables(), false);
        int start = TextCodec.sharedPrefix(question.prompt(), whole);
        return made(Group.of(question, List.of(Attempt.of(LabelledTokens.completion(whole, start), true))));
    }

    private Question question(Passage prompt, Map<String, Object> variables, Map<String, Object> columns) {
        return new Question(codec.prompt(prompt, variables), prompt, variables, columns);
    }

    /// An answer as the model would have written it.
    private Attempt written(Question question, String text, boolean ended) {
        int[] prompt = question.prompt();
        int[] answer = codec.tokenizer().encode(text, false);
        IntStream all = IntStream.concat(Arrays.stream(prompt), Arrays.stream(answer));
        int[] ids = (ended ? IntStream.concat(all, end(question).stream()) : all).toArray();
        return Attempt.of(LabelledTokens.completion(ids, prompt.length), ended);
    }

    private OptionalInt end(Question question) {
        OptionalInt turn = question.isChat() ? codec.turnEnd() : OptionalInt.empty();
        if (turn.isPresent() || !codec.tokenizer().hasEos()) return turn;
        return OptionalInt.of(codec.tokenizer().eos());
    }

    /// Cut to length; nothing where the prompt alone is that long.
    private Made<Group> made(Group whole) {
        int prompt = whole.question().prompt().length;
        int longest = prompt;
        int lost = 0;
        List<Attempt> fitting = new ArrayList<>();
        for (Attempt a : whole.attempts()) {
            int n = a.answer().tokens();
            longest = Math.max(longest, n);
            lost += Math.max(0, n - maxLength);
            fitting.add(n <= maxLength ? a : cut(a));
        }
        RowSize size = new RowSize(longest, lost, lost > 0, false);
        return prompt >= maxLength ? Made.nothing(size) : Made.of(whole.with(fitting), size);
    }

    private Attempt cut(Attempt a) {
        int[] ids = Arrays.copyOf(a.answer().ids(), maxLength);
        LabelledTokens shorter = LabelledTokens.completion(ids, a.answer().promptTokens());
        return Attempt.of(shorter, false).worth(a.reward());
    }

    @Override
    public String leftOut() {
        return "no room for an answer";
    }
}
