package dev.gradine.lab.base;

import dev.gradine.align.Reading;
import dev.gradine.align.Sft;
import dev.gradine.data.encode.LabelledTokens;
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
import dev.gradine.train.ShapedUpdates;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/// Supervised training without files: AdamW at a constant rate, clipped at norm 1, over batches drawn with replacement.
///
/// @param examples to draw from
/// @param batch examples of a step
/// @param steps how many
/// @param lr learning rate
/// @param seed of what is drawn
/// @param group tokens within which the model attends in training, as in LongLoRA; 0 for all
public record Training(List<LabelledTokens> examples, int batch, int steps, double lr, long seed, int group) {

    /// Attending to everything.
    public Training(List<LabelledTokens> examples, int batch, int steps, double lr, long seed) {
        this(examples, batch, steps, lr, seed, 0);
    }

    /// What was logged.
    ///
    /// @param losses of each step, nats per token
    /// @param gradients norm of each step's gradient before clipping
    public record Log(List<Double> losses, List<Double> gradients) {}

    /// The same for other steps and another rate.
    public Training with(int otherSteps, double otherLr) {
        return new Training(examples, batch, otherSteps, otherLr, seed, group);
    }

    /// The same, attending within groups.
    public Training grouped(int tokens) {
        return new Training(examples, batch, steps, lr, seed, tokens);
    }

    /// Trains `adapted`, which holds the trained values afterwards.
    public Log of(CausalLm model, AdapterSet adapted, Kernels run) {
        return of(model, adapted, run, _ -> {});
    }

    /// The same.
    ///
    /// @param after told the number of each step, from 1, when it has been taken
    public Log of(CausalLm model, AdapterSet adapted, Kernels run, IntConsumer after) {
        Shaping shaping = adapted.shaping(steps, run);
        Learner learner =
                new Learner(new Policy(model, adapted), false, shaping, new Reading(1, 0, group, 0, false, false));
        TrainSettings settings =
                new TrainSettings(steps, 1, lr, new Schedule.Constant(), 0, AdamW.defaults(), 0, 1, seed, 0, 0);
        List<Group> groups = settings.groups(adapted.trained());
        var task = new StepLoop.Task<>(
                PolicyObjective.of(Sft.defaults(), learner), groups, drawn(), List.of(), new ShapedUpdates(shaping));
        Log log = new Log(new ArrayList<>(), new ArrayList<>());
        new StepLoop<>(settings, task, run, listener(log, after)).run(() -> false);
        return log;
    }

    /// What is drawn for a step, counted from 0.
    public List<LabelledTokens> batch(int step) {
        SplittableRandom rng = new SplittableRandom(seed * 1_000_003 + step);
        List<LabelledTokens> some = new ArrayList<>();
        for (int i = 0; i < batch; i++) some.add(examples.get(rng.nextInt(examples.size())));
        return some;
    }

    private Batches<LabelledTokens> drawn() {
        return new Batches<>() {
            @Override
            public List<List<LabelledTokens>> step(int step) {
                return List.of(batch(step));
            }

            @Override
            public double epochAfter(int step) {
                return (step + 1.0) * batch / examples.size();
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
