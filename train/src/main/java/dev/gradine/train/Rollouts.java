package dev.gradine.train;

import dev.gradine.align.GroupLoss;
import dev.gradine.align.Recipe;
import dev.gradine.align.SampledRecipe;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.Batches;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// The answers of each step: sampled to its prompts, judged, and compared within their groups.
///
/// They follow from the number of the step, the seed and the policy as it is then. Micro-batches hold answers in the
/// order of their prompts; those of one prompt that come together in one share its reading.
final class Rollouts implements Batches<Group> {

    private final Batches<Group> rows;
    private final GroupLoss recipe;
    private final Setup setup;
    private final @Nullable KeptAnswers kept; // between updates from the same answers
    private int number = -1;
    private List<List<Group>> held = List.of();

    private Rollouts(Batches<Group> rows, GroupLoss recipe, Setup setup) {
        this.rows = rows;
        this.recipe = recipe;
        this.setup = setup;
        kept = recipe.iterations() == 1 ? null : setup.kept();
    }

    /// What answers are made with.
    ///
    /// @param micro answers computed at once
    /// @param step answers of a step
    /// @param length tokens of the longest, with its prompt
    /// @param beforehand tells their log-probabilities before anything is learnt from them
    record Setup(int micro, int step, int length, Beforehand beforehand) {

        private KeptAnswers kept() {
            return new KeptAnswers(beforehand.run(), step, length);
        }

        /// The batches of a recipe: for one that learns from rows as they are, these.
        @SuppressWarnings("unchecked") // the examples of a group loss are groups
        <E> Batches<E> over(Recipe<E> recipe, Batches<E> rows) {
            if (!(recipe instanceof GroupLoss g)) return rows;
            return (Batches<E>) new Rollouts((Batches<Group>) rows, g, this);
        }
    }

    /// Steps that learn from the same answers.
    static int iterations(Recipe<?> recipe) {
        return recipe instanceof SampledRecipe s ? s.iterations() : 1;
    }

    /// Fails if a setting has no meaning for answers that are sampled.
    ///
    /// @throws IllegalArgumentException names it
    static void require(Recipe<?> recipe, RunSettings settings) {
        if (!(recipe instanceof SampledRecipe)) return;
        if (settings.reference().precomputeReference()) {
            throw new IllegalArgumentException("--precompute-reference: the answers of %s are not there before training"
                    .formatted(recipe.about().name()));
        }
        String reference = settings.reference().reference();
        if (reference != null && !recipe.comparesWithReference()) {
            throw new IllegalArgumentException("--reference %s: %s compares with none at --beta 0"
                    .formatted(reference, recipe.about().name()));
        }
        if (settings.batches().evalSplit() > 0) {
            throw new IllegalArgumentException("--eval-split: %s measures the answers it learns from"
                    .formatted(recipe.about().name()));
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
        number = own;
        boolean resumes = step % recipe.iterations() != 0;
        held = kept != null && resumes ? kept.get() : cut(judged(answered(own)));
        if (kept != null && !resumes) kept.put(held);
        return held;
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        if (kept != null) state.put("rollouts.answers", kept.tensor());
        return state;
    }

    private List<Group> answered(int own) {
        List<Group> all = new ArrayList<>();
        for (List<Group> part : rows.step(own)) all.addAll(part);
        if (!recipe.rewards().areGiven()) {
            throw new IllegalArgumentException("--reward: rows bring completions with rewards, so that none is judged");
        }
        for (Group g : all) {
            if (g.attempts().isEmpty()) {
                throw new IllegalArgumentException(
                        "%s: a row has no completions, expected %d of them with their rewards"
                                .formatted(recipe.about().name(), recipe.group()));
            }
        }
        return all;
    }

    /// The groups with what each answer is better than the rest.
    private List<Group> judged(List<Group> given) {
        boolean compares = recipe.comparesWithReference();
        List<Group> seen = given;
        if (compares || recipe.iterations() > 1) {
            float t = recipe.reading().temperature();
            seen = given.stream()
                    .map(g -> g.with(setup.beforehand().see(g.attempts(), true, t)))
                    .toList();
        }
        List<Attempt> all = seen.stream().flatMap(g -> g.attempts().stream()).toList();
        double[] rewards = all.stream().mapToDouble(Attempt::reward).toArray();
        double[] compared = all.stream()
                .mapToDouble(a -> recipe.compared(a.reward(), a.divergence()))
                .toArray();
        double[] advantages = recipe.advantages(compared);
        Map<String, Double> facts = new LinkedHashMap<>(RolloutFacts.ofRewards(rewards, recipe.spreads(compared)));
        facts.putAll(RolloutFacts.ofReward(GroupLoss.GIVEN, rewards));
        facts.putAll(RolloutFacts.ofLengths(all));
        recipe.addFacts(all, facts);
        List<Group> groups = new ArrayList<>();
        int at = 0;
        for (Group g : seen) {
            List<Attempt> better = new ArrayList<>();
            for (Attempt a : g.attempts()) better.add(a.better(advantages[at++]));
            groups.add(new Group(g.question(), better, facts));
        }
        return groups;
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
