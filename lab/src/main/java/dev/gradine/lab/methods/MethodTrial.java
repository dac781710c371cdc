package dev.gradine.lab.methods;

import dev.gradine.data.DataSet;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.LossMask;
import dev.gradine.data.encode.SftEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.lab.base.ProcessorTime;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.Training;
import dev.gradine.lab.methods.MethodRow.Cost;
import dev.gradine.lab.methods.MethodRow.Learnt;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.optim.TrainingException;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Start;
import dev.gradine.tensor.Kernels;
import dev.gradine.train.PeakMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Trains a model with one method after the other, from the same beginning.
public final class MethodTrial {

    private static final long SEED = 42;
    private static final int TURNS = 2; // of the method and of LoRA, when their steps are timed
    private static final int STEPS_OF_TURN = 3;
    private static final double TICK = 0.01; // seconds: processor time is told no finer

    private final OpenModel open;
    private final MethodPlan plan;
    private final TextCodec codec;
    private final List<LabelledTokens> train;
    private final List<LabelledTokens> held;

    /// @param data rows to learn from and to measure on
    /// @throws IllegalArgumentException if there are too few rows
    public MethodTrial(OpenModel open, Path data, MethodPlan plan) {
        this.open = open;
        this.plan = plan;
        codec = open.codecOrTokensOnly();
        try {
            DataSet rows = DataSet.read(data);
            if (rows.size() <= plan.held()) {
                throw new IllegalArgumentException("%s: %d rows, expected more than the %d that are held out"
                        .formatted(data, rows.size(), plan.held()));
            }
            DataSet.Split split = rows.split((double) plan.held() / rows.size(), SEED);
            var encoder = new SftEncoder(codec, LossMask.AUTO, plan.maxLength());
            train = encoder.encode(split.train()).examples();
            held = encoder.encode(split.eval()).examples();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Measures a method.
    ///
    /// @throws IllegalArgumentException if the method cannot begin on this model, or diverges at every rate
    public MethodRow of(String name) {
        Method method = plan.method(name);
        Training steps = new Training(train, plan.batch(), plan.steps(), 0, SEED);
        double peak = 0;
        long trained = 0;
        Learnt best = new Learnt(0, 0, Double.POSITIVE_INFINITY);
        for (double lr : plan.rates()) {
            try (Kernels run = open.run().openStep()) {
                AdapterSet adapted = fresh(method, run);
                trained = adapted.trainedValues();
                double after = trained(steps.with(plan.steps(), lr), adapted, run);
                if (peak == 0) peak = PeakMemory.now().mb();
                if (after < best.after()) best = new Learnt(lr, 0, after);
            }
        }
        if (best.lr() == 0) {
            throw new IllegalArgumentException(
                    "%s: no finite loss at any of the rates %s".formatted(name, plan.rates()));
        }
        Learnt learnt = new Learnt(best.lr(), loss(Policy.of(model()), open.run()), best.after());
        double[] seconds = turns(method, steps.with(STEPS_OF_TURN, best.lr()));
        int cores = Runtime.getRuntime().availableProcessors();
        Cost cost = new Cost(trained, peak, cores / seconds[0], seconds[1] / seconds[0]);
        return new MethodRow(name, plan.typed(name), cost, learnt);
    }

    private CausalLm model() {
        return open.model();
    }

    private AdapterSet fresh(Method method, Kernels run) {
        Start start = new Start(
                run, new SplittableRandom(SEED), 0, text -> codec.tokenizer().encode(text, false));
        return AdapterSet.fresh(model(), method, Selection.of(method.usualTargets()), start.with(open::original));
    }

    /// Held-out loss after training; infinite if it diverged.
    private double trained(Training how, AdapterSet adapted, Kernels run) {
        try {
            how.of(model(), adapted, run);
        } catch (TrainingException e) { // the loss is no number: another rate suits the method
            return Double.POSITIVE_INFINITY;
        }
        double loss = loss(new Policy(model(), adapted), run);
        return Double.isFinite(loss) ? loss : Double.POSITIVE_INFINITY;
    }

    private double loss(Policy policy, Kernels run) {
        return Score.of(policy, held, plan.batch(), run).loss();
    }

    /// Processor time of a token, in seconds, with the method and with LoRA with its defaults: that of the
    /// cheapest step, in turns, so that what else the machine does acts on both.
    private double[] turns(Method method, Training some) {
        double[] cheapest = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        try (Kernels run = open.run().openStep()) {
            List<AdapterSet> both = List.of(fresh(method, run), fresh(Lora.defaults(), run));
            for (int turn = 0; turn < TURNS; turn++) {
                for (int i = 0; i < both.size(); i++) {
                    cheapest[i] = Math.min(cheapest[i], perToken(some, both.get(i), run));
                }
            }
        }
        return cheapest;
    }

    /// Of the cheapest step but the first, which also makes the optimiser's state.
    private double perToken(Training some, AdapterSet adapted, Kernels run) {
        List<Double> times = new ArrayList<>();
        some.of(model(), adapted, run, _ -> times.add(ProcessorTime.seconds()));
        double cheapest = Double.POSITIVE_INFINITY;
        for (int step = 1; step < times.size(); step++) {
            int tokens =
                    some.batch(step).stream().mapToInt(LabelledTokens::tokens).sum();
            double seconds = Math.max(TICK, times.get(step) - times.get(step - 1));
            cheapest = Math.min(cheapest, seconds / tokens);
        }
        return cheapest;
    }
}
