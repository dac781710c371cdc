package dev.gradine.train;

import dev.gradine.align.GroupLoss;
import dev.gradine.align.Recipe;
import dev.gradine.align.ReferenceUse;
import dev.gradine.align.SampledRecipe;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.optim.Batches;
import dev.gradine.tensor.Tensor;
import dev.gradine.train.reward.Rewards;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The answers of each step: sampled to its prompts, judged, and compared within their groups.
///
/// They follow from the number of the step, the seed and the policy as it is then. Micro-batches hold answers in the
/// order of their prompts; those of one prompt that come together in one share its reading.
final class Rollouts implements Batches<Group> {

    private final Batches<Group> rows;
    private final SampledRecipe recipe;
    private final Setup setup;
    private final Optional<Judge> judge;
    private final @Nullable KeptAnswers kept; // between updates from the same answers
    private int number = -1;
    private List<List<Group>> held = List.of();

    private Rollouts(Batches<Group> rows, SampledRecipe recipe, Setup setup) {
        this.rows = rows;
        this.recipe = recipe;
        this.setup = setup;
        judge = recipe instanceof GroupLoss g
                ? Optional.of(
                        new Judge(g, setup.reader().codec(), setup.reader().rewards()))
                : Optional.empty();
        kept = recipe.iterations() == 1 ? null : setup.kept();
    }

    /// Who reads answers.
    ///
    /// @param codec from tokens to text
    /// @param rewards what texts are worth
    record Reader(TextCodec codec, Rewards rewards) implements AutoCloseable {

        /// Of a run.
        ///
        /// @param model beside which reward models and judges are opened
        static Reader of(
                Recipe<?> recipe, RunSettings settings, OpenModel model, TextCodec codec, Consumer<String> tell) {
            return new Reader(
                    codec, Judge.rewards(recipe, model, settings.files().out(), tell));
        }

        @Override
        public void close() {
            rewards.close();
        }
    }

    /// What answers are made with.
    ///
    /// @param micro answers computed at once
    /// @param step answers of a step
    /// @param length tokens of the longest, with its prompt
    /// @param sampler answers prompts
    /// @param beforehand tells log-probabilities of answers before anything is learnt from them
    /// @param reader reads answers
    record Setup(int micro, int step, int length, Sampler sampler, Beforehand beforehand, Reader reader) {

        /// Of a run.
        ///
        /// @param length tokens of the longest example
        static Setup of(
                Recipe<?> recipe,
                RunSettings settings,
                OpenModel model,
                Reader reader,
                int length,
                Beforehand beforehand) {
            boolean samples = recipe instanceof SampledRecipe;
            int answer = recipe instanceof SampledRecipe s ? s.sampling().maxCompletion() : 0;
            IntPredicate ends = samples ? StopTokens.of(model, reader.codec()) : _ -> false;
            return new Setup(
                    settings.batches().batch(),
                    settings.perStep(),
                    Math.min(model.text().maxPositions(), length + answer),
                    new Sampler(
                            beforehand.learner(),
                            model.run(),
                            ends,
                            settings.train().seed()),
                    beforehand,
                    reader);
        }

        private KeptAnswers kept() {
            return new KeptAnswers(beforehand.run(), step, length);
        }

        /// The batches of a recipe: for one that learns from rows as they are, these.
        ///
        /// @param examples those that are trained on, and those held out
        /// @throws IllegalArgumentException if one brings answers and should not, or should and does not
        @SuppressWarnings("unchecked") // the examples of a recipe that samples are groups
        <E> Batches<E> over(Recipe<E> recipe, Batches<E> rows, List<List<E>> examples) {
            if (!(recipe instanceof SampledRecipe s)) return rows;
            Rollouts all = new Rollouts((Batches<Group>) rows, s, this);
            all.judge.ifPresent(judge -> examples.forEach(part -> part.forEach(e -> judge.requireFit((Group) e))));
            return (Batches<E>) all;
        }

        /// The batches that are measured and not learnt from.
        @SuppressWarnings("unchecked") // as above
        <E> List<List<E>> held(Batches<E> batches, List<E> examples) {
            if (!(batches instanceof Rollouts r)) return ExampleBatches.cut(examples, micro);
            return (List<List<E>>) (List<?>) r.evaluated((List<Group>) (List<?>) examples);
        }
    }

    /// Steps that learn from the same answers.
    static int iterations(Recipe<?> recipe) {
        return recipe instanceof SampledRecipe s ? s.iterations() : 1;
    }

    /// How many of a batch one row of the data stands for: of a prompt whose answers are counted, as many.
    static int answers(Recipe<?> recipe) {
        return recipe instanceof SampledRecipe s ? s.group() : 1;
    }

    /// Fails if a setting has no meaning for answers that are sampled.
    ///
    /// @throws IllegalArgumentException names it
    static void require(Recipe<?> recipe, RunSettings settings) {
        if (!(recipe instanceof SampledRecipe sampled)) return;
        int batch = settings.batches().batch();
        if (sampled.comparesWithin() && batch % sampled.group() != 0) {
            throw new IllegalArgumentException("--batch %d: expected a multiple of %d (the answers to a prompt, which"
                            .formatted(batch, sampled.group())
                    + " are compared in one pass)");
        }
        if (settings.reference().precomputeReference()) {
            throw new IllegalArgumentException("--precompute-reference: the answers of %s are not there before training"
                    .formatted(recipe.about().name()));
        }
        String reference = settings.reference().reference();
        if (reference != null && !recipe.reference().isThere()) {
            throw new IllegalArgumentException("--reference %s: %s compares with none at --beta 0"
                    .formatted(reference, recipe.about().name()));
        }
    }

    @Override
    public double epochAfter(int step) {
        return rows.epochAfter(step / recipe.iterations());
    }

    @Override
    public List<List<Group>> step(int step) {
        int own = step / recipe.iterations();
        if (own == number) return held;
        if (rows.step(own).isEmpty()) return List.of(); // of several sources, one may have no turn
        number = own;
        boolean resumes = step % recipe.iterations() != 0;
        held = kept != null && resumes ? kept.get() : cut(made(prompts(own), own));
        if (kept != null && !resumes) kept.put(held);
        return held;
    }

    private List<Group> prompts(int own) {
        List<Group> all = rows.step(own).stream().flatMap(part -> part.stream()).toList();
        double drawn = new SplittableRandom(31 * setup.sampler().seed() + own).nextDouble();
        return drawn < recipe.ownShare()
                ? all.stream().map(g -> g.with(List.of())).toList()
                : all;
    }

    /// Prompts that are not learnt from, answered anew by the policy whenever they are asked for.
    private List<List<Group>> evaluated(List<Group> prompts) {
        List<List<Group>> parts = ExampleBatches.cut(prompts, Math.max(1, setup.micro() / recipe.group()));
        return new AbstractList<>() {
            @Override
            public List<Group> get(int i) {
                return made(parts.get(i), -1 - i);
            }

            @Override
            public int size() {
                return parts.size();
            }
        };
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        if (kept != null) state.put("rollouts.answers", kept.tensor());
        return state;
    }

    /// The prompts of a draw with their answers, judged and compared.
    ///
    /// @param draw number of it: the same one draws the same answers from the same policy
    private List<Group> made(List<Group> prompts, long draw) {
        List<Group> answered = setup.sampler().answered(prompts, recipe, draw);
        if (recipe.reference() == ReferenceUse.BEFOREHAND || recipe.iterations() > 1) {
            float t = recipe.reading().temperature();
            answered = answered.stream()
                    .map(g -> g.with(setup.beforehand().see(g.attempts(), true, t)))
                    .toList();
        }
        Map<String, Double> facts = new LinkedHashMap<>();
        if (judge.isPresent()) answered = judge.get().compared(answered, facts);
        List<Attempt> all =
                answered.stream().flatMap(g -> g.attempts().stream()).toList();
        facts.putAll(RolloutFacts.ofLengths(all));
        return answered.stream()
                .map(g -> new Group(g.question(), g.attempts(), facts))
                .toList();
    }

    /// Micro-batches of so many answers.
    private List<List<Group>> cut(List<Group> groups) {
        List<List<Group>> micros = new ArrayList<>();
        List<Group> micro = new ArrayList<>();
        int room = setup.micro();
        for (Group g : groups) {
            for (int from = 0; from < g.attempts().size(); ) {
                int to = Math.min(g.attempts().size(), from + room);
                micro.add(g.with(g.attempts().subList(from, to)));
                room -= to - from;
                from = to;
                if (room > 0) continue;
                micros.add(micro);
                micro = new ArrayList<>();
                room = setup.micro();
            }
        }
        if (!micro.isEmpty()) micros.add(micro);
        return micros;
    }
}
