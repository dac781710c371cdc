package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import java.util.List;
import java.util.SequencedMap;

/// Training settings that are the same for every objective.
///
/// @param steps optimisation steps T
/// @param accumulate micro-batches of one step
/// @param rate the learning rate of each step
/// @param optimizer which optimiser, and its numbers
/// @param weightDecay of matrices
/// @param clip largest norm of the gradient; 0 for no limit
/// @param seed of all that is random in a training pass, such as dropout masks
/// @param evalEvery steps from one evaluation to the next; 0 for before and after only
/// @param saveEvery steps from one checkpoint to the next; 0 for none but on interruption
/// @param loraPlus whether the factors of a LoRA learn at different rates
/// @param average whether what is evaluated and kept is a mean over the steps
/// @param spike which steps are left out
public record TrainSettings(
        int steps,

        @Option(says = "Batches whose gradients make one step.", label = "N")
        @Usual(from = 1, to = 1024, why = "one batch a step", source = "transformers: gradient_accumulation_steps 1")
        int accumulate,

        @Part Rate rate,

        Optimizer.Settings optimizer,

        @Option(says = "Weight decay of matrices.", label = "X")
        @Usual(
                from = 0,
                to = 0.3,
                why = "none: a LoRA of small rank hardly overfits; 0.01 to 0.1 for full fine-tuning",
                source = "transformers: weight_decay 0")
        double weightDecay,

        @Option(says = "Largest norm of the gradient; 0 for no limit.", label = "X")
        @Usual(
                from = 0,
                to = 10,
                why = "1 bounds what one odd batch can do; QLoRA has 0.3",
                source = "Pascanu et al. 2013; transformers: max_grad_norm 1")
        double clip,

        @Option(says = "Same seed, same bytes.", label = "N")
        long seed,

        @Option(
                says = "Evaluate in between, too.",
                label = "STEPS",
                group = "Output",
                otherwise = "0: before and after only",
                free = true)
        int evalEvery,

        @Option(says = "Steps between checkpoints; 0 for none.", label = "STEPS", group = "Output", free = true)
        int saveEvery,

        @Part LoraPlus loraPlus,
        @Part WeightAverage.Settings average,
        @Part SpikeGuard.Settings spike) {

    /// With one learning rate for all, and every step taken and kept as it is.
    public TrainSettings(
            int steps,
            int accumulate,
            double lr,
            Schedule schedule,
            int warmup,
            Optimizer.Settings optimizer,
            double weightDecay,
            double clip,
            long seed,
            int evalEvery,
            int saveEvery) {
        this(
                steps,
                accumulate,
                new Rate(lr, schedule, warmup),
                optimizer,
                weightDecay,
                clip,
                seed,
                evalEvery,
                saveEvery,
                LoraPlus.NONE,
                WeightAverage.Settings.NONE,
                SpikeGuard.Settings.NONE);
    }

    /// @throws IllegalArgumentException names the number that is out of range
    public TrainSettings {
        require("steps", steps, steps >= 1, "at least 1");
        require("accumulate", accumulate, accumulate >= 1, "at least 1");
        require("weight-decay", weightDecay, weightDecay >= 0, "at least 0");
        require("clip", clip, clip >= 0, "at least 0 (0 for no clipping)");
        require("eval-every", evalEvery, evalEvery >= 0, "at least 0");
        require("save-every", saveEvery, saveEvery >= 0, "at least 0");
    }

    /// One step of AdamW, and what else holds where nothing is said.
    ///
    /// @param lr peak learning rate, which depends on the objective
    public static TrainSettings defaults(double lr) {
        return new TrainSettings(1, 1, lr, new Schedule.Linear(), 0, AdamW.defaults(), 0, 1, 42, 0, 100);
    }

    /// Peak learning rate.
    public double lr() {
        return rate.lr();
    }

    /// How the learning rate moves.
    public Schedule schedule() {
        return rate.schedule();
    }

    /// Steps until the peak.
    public int warmup() {
        return rate.warmup();
    }

    private TrainSettings with(int count, int batches, Rate other, Optimizer.Settings rule) {
        return new TrainSettings(
                count, batches, other, rule, weightDecay, clip, seed, evalEvery, saveEvery, loraPlus, average, spike);
    }

    /// The same numbers for another length and optimiser.
    public TrainSettings with(int count, Optimizer.Settings rule) {
        return with(count, accumulate, rate, rule);
    }

    /// The same with another schedule.
    public TrainSettings with(Schedule schedule) {
        return with(steps, accumulate, new Rate(rate.lr(), schedule, rate.warmup()), optimizer);
    }

    /// The same with another number of micro-batches to a step.
    public TrainSettings accumulating(int batches) {
        return with(steps, batches, rate, optimizer);
    }

    /// The trained parameters, of which matrices are decayed, and B learns faster with LoRA+.
    ///
    /// @throws IllegalArgumentException if LoRA+ is asked for and there is no LoRA
    public List<Group> groups(SequencedMap<String, Param> params) {
        loraPlus.requireUse(params, rate.lr());
        return Group.decayingMatrices(params, weightDecay, (name, p) -> loraPlus.factor(name, p, rate.lr()));
    }
}
