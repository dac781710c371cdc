package dev.gradine.lab.alignment;

import dev.gradine.align.Recipe;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Learning;
import dev.gradine.lab.base.Sampled;
import dev.gradine.lab.base.SmallLlama;
import dev.gradine.lab.base.Training;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Full;
import dev.gradine.peft.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// A small model that walks, and what becomes of it.
///
/// @param base the model, trained from nothing
/// @param trial to which it belongs
/// @param batch examples of a step
record Walkers(CausalLm base, Trial trial, int batch) {

    static final String REWARD = "reward";
    static final String KL = "KL";
    static final int BATCH = 32;

    /// Of walks, in words.
    static final String SET_UP = "Llama of 2 layers of 32 channels, trained from nothing on walks through the alphabet;"
            + " what a walk is worth is the mean of its letters, high or low ones as the prompt asks, from -1 to 1. ";

    static final SmallLlama SIZE = new SmallLlama(Walks.VOCAB, 32, 2, Walks.LENGTH);
    private static final int ANSWERS = 400; // measured on

    /// A model that has learnt walks.
    static Walkers of(Trial trial) {
        return of(Walks.texts(trial.of(3000, 20), trial.random(2)), trial.of(300, 2), trial);
    }

    /// A model that has learnt walks and something else.
    static Walkers of(List<LabelledTokens> texts, int steps, Trial trial) {
        CausalLm base = SIZE.trained(new Training(texts, BATCH, steps, 3e-3, trial.seed()), trial);
        return new Walkers(base, trial, BATCH);
    }

    /// The same with other batches.
    Walkers with(int otherBatch) {
        return new Walkers(base, trial, otherBatch);
    }

    /// Answers of the base to prompts.
    List<LabelledTokens> answers(List<int[]> prompts, int use) {
        return answered(Policy.of(base), prompts, use).answers();
    }

    private Sampled answered(Policy policy, List<int[]> prompts, int use) {
        return Sampled.of(policy, prompts, Walks.LONGEST, Walks::isEnd, trial.random(use), trial.run());
    }

    /// Two answers of the base to each of some prompts, the better one chosen.
    ///
    /// @param use number of the random numbers
    List<Pair> pairs(int count, ToDoubleFunction<LabelledTokens> worth, int use) {
        List<int[]> prompts = Walks.prompts(count, trial.random(use));
        return Walks.pairs(answers(prompts, use + 1), answers(prompts, use + 2), worth);
    }

    /// The base after some steps with all its weights.
    <E> Policy learnt(Recipe<E> recipe, List<E> examples, int steps, double lr) {
        return learnt(recipe, examples, steps, lr, (_, _) -> {});
    }

    /// Who is told of a policy on its way.
    interface OnTheWay {
        /// Told after each step.
        ///
        /// @param step number of steps it has taken
        void at(int step, Policy policy);
    }

    /// The same.
    <E> Policy learnt(Recipe<E> recipe, List<E> examples, int steps, double lr, OnTheWay told) {
        AdapterSet all = AdapterSet.fresh(
                base, Full.defaults(), Selection.of(Full.defaults().usualTargets()), trial.run(), trial.random(3));
        Policy policy = new Policy(base, all);
        IntConsumer after = step -> told.at(step, policy);
        var pace = new Learning.Pace(batch, steps, lr, trial.seed());
        Learning.from(Policy.of(base), recipe, examples, pace).of(base, all, trial.run(), after);
        return policy;
    }

    /// Puts what the answers of a policy are worth, and how far it is from the base.
    void put(Table table, String row, Policy policy) {
        List<int[]> prompts = Walks.prompts(trial.of(ANSWERS, 8), trial.random(4));
        Sampled answers = answered(policy, prompts, 5);
        table.put(row, REWARD, worth(answers));
        table.put(row, KL, answers.kl(policy, Policy.of(base), trial.run()));
    }

    private static double worth(Sampled answers) {
        return answers.answers().stream().mapToDouble(Walks::worth).average().orElseThrow();
    }

    /// Letters of a policy's answers, a mean.
    double length(Policy policy) {
        return answered(policy, Walks.prompts(trial.of(ANSWERS, 8), trial.random(4)), 5)
                .meanLength();
    }

    /// Share of pairs whose chosen answer gained more over the base than the rejected one.
    double accuracy(Policy policy, List<Pair> pairs) {
        List<Double> now = leads(policy, pairs);
        List<Double> before = leads(Policy.of(base), pairs);
        return IntStream.range(0, pairs.size())
                .mapToDouble(i -> now.get(i) > before.get(i) ? 1 : 0)
                .average()
                .orElseThrow();
    }

    /// By how much the chosen answer of each pair is likelier, nats.
    private List<Double> leads(Policy policy, List<Pair> pairs) {
        List<Double> chosen =
                Sampled.logProbs(policy, pairs.stream().map(Pair::chosen).toList(), trial.run());
        List<Double> rejected =
                Sampled.logProbs(policy, pairs.stream().map(Pair::rejected).toList(), trial.run());
        return IntStream.range(0, pairs.size())
                .mapToObj(i -> chosen.get(i) - rejected.get(i))
                .toList();
    }

    /// Pairs of which a share are the wrong way round.
    static List<Pair> flipped(List<Pair> pairs, double share, RandomGenerator rng) {
        List<Pair> all = new ArrayList<>();
        for (Pair p : pairs) all.add(rng.nextDouble() < share ? turned(p) : p);
        return all;
    }

    private static Pair turned(Pair p) {
        return new Pair(/* chosen= */ p.rejected(), /* rejected= */ p.chosen());
    }
}
