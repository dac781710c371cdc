package dev.gradine.lab.objectives;

import dev.gradine.align.JudgedLoss;
import dev.gradine.align.PairLoss;
import dev.gradine.align.Recipe;
import dev.gradine.align.Sft;
import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.lab.base.Learning;
import dev.gradine.lab.base.ProcessorTime;
import dev.gradine.lab.objectives.ObjectiveRow.Cost;
import dev.gradine.lab.objectives.ObjectiveRow.Preference;
import dev.gradine.lab.objectives.ObjectiveRow.Speech;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.train.PeakMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/// Trains a model with one objective after the other, from the same beginning.
public final class ObjectiveTrial {

    /// Of the LoRA.
    static final int RANK = 8;

    /// Tokens of the longest answer that is sampled.
    static final int LONGEST = 32;

    private static final long SEED = 42;
    private static final int PIECES = 8; // of the text, that many of the longest length

    private final OpenModel open;
    private final ObjectivePlan plan;
    private final TextCodec codec;
    private final DataSet.Split rows;
    private final HeldText held;

    /// @param data pairs to learn from and to measure on
    /// @param text a text file whose beginning is measured on
    /// @throws IllegalArgumentException if there are too few rows, or too little text
    public ObjectiveTrial(OpenModel open, Path data, Path text, ObjectivePlan plan) {
        this.open = open;
        this.plan = plan;
        codec = open.codec();
        try {
            DataSet all = DataSet.read(data);
            if (all.size() <= plan.held()) {
                throw new IllegalArgumentException("%s: %d rows, expected more than the %d that are held out"
                        .formatted(data, all.size(), plan.held()));
            }
            rows = all.split((double) plan.held() / all.size(), SEED);
            held = new HeldText(open, codec, prompts(), pieces(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<LabelledTokens> pieces(Path text) throws IOException {
        int[] ids = codec.tokenizer().encode(Files.readString(text), false);
        int n = Math.min(PIECES, ids.length / plan.maxLength());
        if (n == 0) {
            throw new IllegalArgumentException(
                    "%s: %d tokens, expected at least %d".formatted(text, ids.length, plan.maxLength()));
        }
        List<LabelledTokens> pieces = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int[] piece = Arrays.copyOfRange(ids, i * plan.maxLength(), (i + 1) * plan.maxLength());
            pieces.add(new LabelledTokens(piece, piece));
        }
        return pieces;
    }

    private List<int[]> prompts() {
        return HeldPairs.of(codec, rows.eval(), plan.maxLength()).stream()
                .map(p -> Arrays.copyOf(p.chosen().ids(), p.chosen().promptTokens()))
                .toList();
    }

    /// Measures an objective.
    ///
    /// @throws IllegalArgumentException if it cannot learn from these rows
    /// @throws dev.gradine.optim.TrainingException if it diverges
    public ObjectiveRow of(String name) {
        Recipe<?> recipe = plan.recipe(name);
        try (Kernels run = open.run().openStep()) {
            Selection everywhere = Selection.of(Lora.defaults().usualTargets());
            AdapterSet adapted =
                    AdapterSet.fresh(model(), Lora.of(RANK, 2 * RANK), everywhere, run, new SplittableRandom(SEED));
            double start = ProcessorTime.seconds();
            train(name, recipe, adapted, run);
            double seconds =
                    (ProcessorTime.seconds() - start) / Runtime.getRuntime().availableProcessors();
            Cost cost = new Cost(plan.rate(name), seconds, PeakMemory.now().mb());
            Policy policy = new Policy(model(), adapted);
            Preference preference = new HeldPairs(recipe, model(), plan.batch()).of(policy, pairs(recipe), run);
            Speech before = held.of(Policy.of(model()), run);
            return new ObjectiveRow(name, plan.typed(name), cost, preference, before, held.of(policy, run));
        }
    }

    private CausalLm model() {
        return open.model();
    }

    private <E> void train(String name, Recipe<E> recipe, AdapterSet adapted, Kernels run) {
        int batch = recipe instanceof JudgedLoss ? 2 * plan.batch() : plan.batch();
        List<E> examples = recipe.encoder(codec, plan.maxLength(), batch)
                .encode(suited(rows.train(), recipe))
                .examples();
        var pace = new Learning.Pace(batch, plan.steps(name), plan.rate(name), SEED);
        Learning.from(Policy.of(model()), recipe, examples, pace).of(model(), adapted, run);
    }

    /// As the recipe reads pairs; by DPO's encoder for those that do not.
    private List<Pair> pairs(Recipe<?> recipe) {
        if (!(recipe instanceof PairLoss p)) return HeldPairs.of(codec, rows.eval(), plan.maxLength());
        return p.encoder(codec, plan.maxLength(), plan.batch())
                .encode(suited(rows.eval(), recipe))
                .examples();
    }

    /// Pairs as rows of the kind that the recipe learns from. All good answers stand before the bad ones, so that the
    /// answer before an answer is one to another prompt.
    private static DataSet suited(DataSet pairs, Recipe<?> recipe) {
        List<Row.Preference> all = pairs.rows().stream()
                .map(r -> r instanceof Row.Preference p ? p : refused(pairs))
                .toList();
        Stream<Row> rows = switch (recipe) {
            case JudgedLoss _ ->
                Stream.concat(
                        all.stream().map(p -> judged(p, p.chosen(), true)),
                        all.stream().map(p -> judged(p, p.rejected(), false)));
            case Sft _ -> all.stream().map(p -> new Row.Completion(p.prompt(), p.chosen(), p.variables()));
            default -> all.stream().map(ObjectiveTrial::withBest);
        };
        return DataSet.of(pairs.name(), rows.toList());
    }

    private static Row.Preference refused(DataSet rows) {
        throw new DataException(rows.name() + ": a row has no chosen and rejected answer, expected preference pairs");
    }

    private static Row judged(Row.Preference p, Passage answer, boolean desirable) {
        return new Row.Judged(p.prompt(), answer, desirable, p.variables());
    }

    /// With the chosen answer as the best one known, where the row names no other.
    private static Row withBest(Row.Preference p) {
        if (!p.reference().isEmpty()) return p;
        return new Row.Preference(p.prompt(), p.chosen(), p.rejected(), List.of(p.chosen()), p.margin(), p.variables());
    }
}
