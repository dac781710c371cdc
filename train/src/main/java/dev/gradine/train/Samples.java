package dev.gradine.train;

import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.train.report.RunInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// What the model says to a few prompts before and after training, for the report: the likeliest tokens, so that the
/// difference is the training's. Both answers are written at the end, by kernels that are warm by then: a run begins
/// with its first step.
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
    private final List<RunInfo.Sample> pairs = new ArrayList<>();
    private @Nullable Start start;

    /// The model before training, and where its texts end.
    private record Start(Policy policy, StopTokens ends) {}

    /// @param rows the prompts are those of the first `count` rows that have one
    Samples(TextCodec codec, List<Row> rows, int count) {
        this.codec = codec;
        for (Row row : rows) {
            if (prompts.size() >= count) return;
            int[] ids = prompt(row);
            if (ids.length > 0) prompts.add(new Prompt(shown(ids), ids));
        }
    }

    /// The text of a prompt, without the mark of its beginning.
    private String shown(int[] ids) {
        boolean begins =
                codec.tokenizer().hasBos() && ids[0] == codec.tokenizer().bos();
        return codec.tokenizer().decode(begins ? Arrays.copyOfRange(ids, 1, ids.length) : ids, false);
    }

    private int[] prompt(Row row) {
        return switch (row) {
            case Row.Completion c -> prompt(c.prompt(), c.variables());
            case Row.Preference p -> prompt(p.prompt(), p.variables());
            case Row.Judged j -> prompt(j.prompt(), j.variables());
            case Row.Prompt p -> prompt(p.prompt(), p.variables());
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

    /// Remembers the model as it is before training.
    ///
    /// @return what is to be told of where its texts end
    List<String> remember(OpenModel m, AdapterSet adapted) {
        prompts.removeIf(p -> p.ids.length >= m.model().maxPositions());
        if (prompts.isEmpty()) return List.of();
        StopTokens ends = StopTokens.of(m, codec);
        start = new Start(new Policy(m.model(), adapted.snapshot(m.run())), ends);
        return ends.notes();
    }

    /// Asks the model as it was and as it is now.
    void ask(OpenModel m, AdapterSet adapted) {
        if (start == null) return;
        List<String> before = answers(start.policy, m.run(), start.ends);
        List<String> after = answers(new Policy(m.model(), adapted), m.run(), start.ends);
        for (int i = 0; i < prompts.size(); i++) {
            pairs.add(new RunInfo.Sample(prompts.get(i).text, before.get(i), after.get(i)));
        }
    }

    /// An answer on the way.
    record Answer(String prompt, String text) {}

    /// Asks the model as it is now.
    List<Answer> now(OpenModel m, AdapterSet adapted) {
        if (start == null) return List.of();
        List<String> texts = answers(new Policy(m.model(), adapted), m.run(), start.ends);
        List<Answer> all = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) all.add(new Answer(prompts.get(i).text, texts.get(i)));
        return all;
    }

    private List<String> answers(Policy policy, Kernels run, StopTokens ends) {
        var request = WritingRule.of(SamplingParams.GREEDY, TOKENS, ends);
        List<String> all = new ArrayList<>();
        for (Prompt p : prompts) {
            int[] ids = new Generations(policy, run).one(p.ids, request, new SplittableRandom(1), _ -> true);
            all.add(codec.tokenizer().decode(ids, true));
        }
        return all;
    }

    /// Prompts with both answers; empty until both were given.
    List<RunInfo.Sample> pairs() {
        return pairs;
    }
}
