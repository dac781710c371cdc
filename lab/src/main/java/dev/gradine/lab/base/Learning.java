package dev.gradine.lab.base;

import dev.gradine.align.Recipe;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Batches;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.optim.Schedule;
import dev.gradine.optim.StepLoop;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Shaping;
import dev.gradine.tensor.Kernels;
import dev.gradine.train.Learner;
import dev.gradine.train.PolicyObjective;
import dev.gradine.train.ReferenceLogProbs;
import dev.gradine.train.ShapedUpdates;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/// Training by any recipe without files: AdamW at a constant rate, clipped at norm 1, over batches drawn with
/// replacement.
///
/// @param recipe what is minimised
/// @param examples to draw from
/// @param pace how much and how fast
/// @param reference what the policy is compared with; none for recipes that need none
/// @param <E> an example
public record Learning<E>(Recipe<E> recipe, List<E> examples, Pace pace, ReferenceLogProbs reference) {

    /// How much and how fast.
    ///
    /// @param batch examples of a step
    /// @param steps how many
    /// @param lr learning rate
    /// @param seed of what is drawn
    public record Pace(int batch, int steps, double lr, long seed) {}

    /// What was logged.
    ///
    /// @param losses of each step
    /// @param gradients norm of each step's gradient before clipping
    public record Log(List<Double> losses, List<Double> gradients) {}

    /// By a recipe that compares with nothing.
    public static <E> Learning<E> of(Recipe<E> recipe, List<E> examples, Pace pace) {
        return new Learning<>(recipe, examples, pace, ReferenceLogProbs.none());
    }

    /// By a recipe that may compare with `frozen`.
    public static <E> Learning<E> from(Policy frozen, Recipe<E> recipe, List<E> examples, Pace pace) {
        return new Learning<>(recipe, examples, pace, ReferenceLogProbs.of(frozen));
    }

    /// Trains `adapted`, which holds the trained values afterwards.
    public Log of(CausalLm model, AdapterSet adapted, Kernels run) {
        return of(model, adapted, run, _ -> {});
    }

    /// The same.
    ///
    /// @param after told the number of each step, from 1, when it has been taken
    public Log of(CausalLm model, AdapterSet adapted, Kernels run, IntConsumer after) {
        Shaping shaping = adapted.shaping(pace.steps, run);
        Learner learner = new Learner(new Policy(model, adapted), false, shaping, recipe.reading());
        TrainSettings settings = new TrainSettings(
                pace.steps, 1, pace.lr, new Schedule.Constant(), 0, AdamW.defaults(), 0, 1, pace.seed, 0, 0);
        List<Group> groups = settings.groups(adapted.trained());
        var objective = new PolicyObjective<>(recipe, learner, reference, true).remembering(run);
        var task = new StepLoop.Task<>(objective, groups, drawn(), List.of(), new ShapedUpdates(shaping));
        Log log = new Log(new ArrayList<>(), new ArrayList<>());
        new StepLoop<>(settings, task, run, listener(log, after)).run(() -> false);
        return log;
    }

    /// What is drawn for a step, counted from 0.
    public List<E> batch(int step) {
        SplittableRandom rng = new SplittableRandom(pace.seed * 1_000_003 + step);
        List<E> some = new ArrayList<>();
        for (int i = 0; i < pace.batch; i++) some.add(examples.get(rng.nextInt(examples.size())));
        return some;
    }

    private Batches<E> drawn() {
        return new Batches<>() {
            @Override
            public List<List<E>> step(int step) {
                return List.of(batch(step));
            }

            @Override
            public double epochAfter(int step) {
                return (step + 1.0) * pace.batch / examples.size();
            }
        };
    }

    private static StepLoop.Listener listener(Log log, IntConsumer after) {
        return new StepLoop.Listener() {
            @Override
            public void step(int step, SequencedMap<String, Double> metrics) {
                log.losses.add(metrics.getOrDefault("loss", Double.NaN));
                log.gradients.add(metrics.getOrDefault("grad_norm", Double.NaN));
                after.accept(step);
            }

            @Override
            public void evaluated(int step, SequencedMap<String, Double> metrics) {}

            @Override
            public void save(int step, double work) {}
        };
    }
}
