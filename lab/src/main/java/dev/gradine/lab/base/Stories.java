package dev.gradine.lab.base;

import dev.gradine.data.DataSet;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.LossMask;
import dev.gradine.data.encode.SftEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.lab.Trial;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Quantization;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Start;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// The story model, 260,000 weights trained on TinyStories, and texts for it.
public final class Stories implements AutoCloseable {

    private static final int LENGTH = 192; // tokens of the longest example
    private static final int HIGHEST = 20; // summand

    private final Trial trial;
    private final OpenModel open;
    private final TextCodec codec;

    private Stories(Trial trial, List<Quantization> quantised) {
        this.trial = trial;
        open = Models.open(trial.stories().resolve("model"), trial.run(), quantised);
        codec = open.codec();
    }

    /// The model as it travels.
    public static Stories open(Trial trial) {
        return new Stories(trial, List.of());
    }

    /// The same with linear weights of four bits.
    public static Stories open(Trial trial, Quantization quantised) {
        return new Stories(trial, List.of(quantised));
    }

    /// The weights.
    public CausalLm model() {
        return open.model();
    }

    /// The model with its files.
    public OpenModel opened() {
        return open;
    }

    /// Fresh adapters on all linear layers but the head, which is the embedding.
    public AdapterSet adapted(Method method, RandomGenerator rng) {
        Start start =
                new Start(trial.run(), rng, 0, text -> codec.tokenizer().encode(text, false)).with(open::original);
        return AdapterSet.fresh(model(), method, Selection.of(method.usualTargets()), start);
    }

    /// Openings of stories with their endings, to learn from.
    public List<LabelledTokens> endings() {
        return rows("train.jsonl");
    }

    /// The same of other stories.
    public List<LabelledTokens> otherEndings() {
        return rows("held.jsonl");
    }

    /// Whole stories that are not among the endings to learn from: the text that the model was made for.
    public List<LabelledTokens> wholeStories() {
        return rows("whole.jsonl");
    }

    private List<LabelledTokens> rows(String name) {
        Path file = trial.stories().resolve("data").resolve(name);
        try {
            return encoded(DataSet.read(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sums, such as `7 + 12 = 19`: text the model has never read, of which the sum is learnt.
    public List<LabelledTokens> sums(int count, RandomGenerator rng) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int a = rng.nextInt(HIGHEST);
            int b = rng.nextInt(HIGHEST);
            Passage question = new Passage.Text("%d + %d =".formatted(a, b));
            rows.add(new Row.Completion(question, new Passage.Text(" %d.".formatted(a + b)), Map.of()));
        }
        return encoded(DataSet.of("sums", rows));
    }

    private List<LabelledTokens> encoded(DataSet rows) {
        return new SftEncoder(codec, LossMask.AUTO, LENGTH).encode(rows).examples();
    }

    @Override
    public void close() {
        open.close();
    }
}
