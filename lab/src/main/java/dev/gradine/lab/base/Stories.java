package dev.gradine.lab.base;

import dev.gradine.data.DataSet;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.LossMask;
import dev.gradine.data.encode.SftEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.lab.Trial;
import dev.gradine.models.Families;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Quantization;
import dev.gradine.nn.Weights;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Start;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
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

    /// The same weights for sequences longer than those it was trained on.
    public CausalLm longer(int positions) {
        Map<String, Object> config = new HashMap<>(open.checkpoint().config());
        config.put("max_position_embeddings", positions);
        return Families.builtIn().build(new ModelConfig(config), new Weights((name, _) -> weight(name), trial.run()));
    }

    private Tensor weight(String name) {
        return model().weights().stream()
                .filter(w -> w.path().equals(name))
                .findFirst()
                .orElseThrow()
                .param()
                .value();
    }

    /// Stories one behind the other, cut into pieces of so many tokens.
    public static List<int[]> pieces(List<LabelledTokens> stories, int tokens) {
        int[] all = stories.stream().flatMapToInt(s -> Arrays.stream(s.ids())).toArray();
        List<int[]> pieces = new ArrayList<>();
        for (int i = 0; i + tokens <= all.length; i += tokens) pieces.add(Arrays.copyOfRange(all, i, i + tokens));
        return pieces;
    }

    /// Fresh adapters where the method has them usually: LoRA on all linear layers but the head, which is the
    /// embedding.
    public AdapterSet adapted(Method method, RandomGenerator rng) {
        return adapted(method, Selection.of(method.usualTargets()), rng);
    }

    /// Fresh adapters on the layers chosen.
    public AdapterSet adapted(Method method, Selection where, RandomGenerator rng) {
        Start start = new Start(trial.run(), rng, 0, text -> codec.tokenizer().encode(text, false));
        return AdapterSet.fresh(model(), method, where, start.with(open::original));
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
            return encoded(DataSet.read(file).first(trial.of(Integer.MAX_VALUE, 6)));
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

    /// Without the end token: the model never says it, and learns it with its head alone.
    private List<LabelledTokens> encoded(DataSet rows) {
        int end = codec.tokenizer().eos();
        return new SftEncoder(codec, LossMask.AUTO, LENGTH)
                .encode(rows).examples().stream().map(l -> withoutEnd(l, end)).toList();
    }

    private static LabelledTokens withoutEnd(LabelledTokens l, int end) {
        int n = l.ids()[l.tokens() - 1] == end ? l.tokens() - 1 : l.tokens();
        return new LabelledTokens(Arrays.copyOf(l.ids(), n), Arrays.copyOf(l.labels(), n));
    }

    @Override
    public void close() {
        open.close();
    }
}
