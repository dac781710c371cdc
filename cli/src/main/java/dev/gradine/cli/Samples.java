package dev.gradine.cli;

import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.Generation;
import dev.gradine.nn.Sampler;
import dev.gradine.peft.AdaptedModel;
import dev.gradine.train.report.RunInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// What the model says to a few prompts before and after training, for the report: the likeliest tokens, so that the
/// difference is the training's.
final class Samples {

    private static final int TOKENS = 64;
    private static final int OPENING = 12; // tokens of a plain text that serve as its prompt

    private static final class Prompt {
        final String text;
        final int[] ids;

        Prompt(String text, int[] ids) {
            this.text = text;
            this.ids = ids;
        }
    }

    private final TextCodec codec;
    private final List<Prompt> prompts = new ArrayList<>();
    private final List<String> before = new ArrayList<>();
    private final List<String> after = new ArrayList<>();

    /// @param rows the prompts are those of the first `count` rows that have one
    Samples(TextCodec codec, List<Row> rows, int count) {
        this.codec = codec;
        for (Row row : rows) {
            if (prompts.size() >= count) return;
            int[] ids = prompt(row);
            if (ids.length > 0) prompts.add(new Prompt(codec.tokenizer().decode(ids, false), ids));
        }
    }

    private int[] prompt(Row row) {
        return switch (row) {
            case Row.Completion c -> prompt(c.prompt(), c.variables());
            case Row.Preference p -> prompt(p.prompt(), p.variables());
            case Row.Chat c -> {
                List<Message> turns = new ArrayList<>();
                for (Message m : c.messages()) {
                    if (m.isAssistant()) break;
                    turns.add(m);
                }
                yield turns.isEmpty() ? new int[0] : codec.encodeChat(turns, c.variables(), true);
            }
            case Row.Text t -> {
                int[] ids = codec.tokenizer().encode(t.text(), true);
                yield Arrays.copyOf(ids, Math.min(ids.length, OPENING));
            }
            default -> new int[0]; // rows that are tokens already
        };
    }

    private int[] prompt(Passage p, Map<String, Object> variables) {
        return switch (p) {
            case Passage.Text t -> codec.tokenizer().encode(t.text(), true);
            case Passage.Turns t -> codec.encodeChat(t.messages(), variables, true);
        };
    }

    /// Asks the model as it was.
    void before(LoadedModel m, AdaptedModel adapted) {
        ask(m, adapted, before);
    }

    /// Asks the model as it is now.
    void after(LoadedModel m, AdaptedModel adapted) {
        ask(m, adapted, after);
    }

    private void ask(LoadedModel m, AdaptedModel adapted, List<String> answers) {
        adapted.dropout().evaluate();
        for (Prompt p : prompts) {
            if (p.ids.length >= m.model().maxPositions()) continue;
            var request = new Generation.Request(Sampler.GREEDY, TOKENS, EndTokens.of(codec.tokenizer()));
            int[] ids = new Generation(m.model(), m.run()).run(p.ids, request, new SplittableRandom(1), _ -> true);
            answers.add(codec.tokenizer().decode(ids, true));
        }
    }

    /// Prompts with both answers, as far as both were given.
    List<RunInfo.Sample> pairs() {
        List<RunInfo.Sample> all = new ArrayList<>();
        for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
            all.add(new RunInfo.Sample(prompts.get(i).text, before.get(i), after.get(i)));
        }
        return all;
    }
}
