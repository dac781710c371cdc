package dev.gradine.optim;

import dev.gradine.autograd.FirstNonFinite;
import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;

/// The step loop: micro-batches, gradient, update, metrics; evaluation and checkpoints in between.
///
/// The same settings, data and seed give the same bytes, whether or not the run was interrupted on the way.
public final class StepLoop<E> {

    /// What a run tells of itself.
    public interface Listener {
        /// Before the work of a step begins.
        ///
        /// @param step number of its update, from 1
        default void begins(int step) {}

        /// The tape of a micro-batch.
        ///
        /// @param step number of its update, from 1
        /// @param micro number in its step, from 0
        default Tape tape(int step, int micro, Kernels k) {
            return Tape.recording(k);
        }

        /// After an update.
        ///
        /// @param step number of the update, from 1
        /// @param metrics in the order they are logged
        void step(int step, SequencedMap<String, Double> metrics);

        /// After an evaluation; names begin with `eval_`. Step 0 is before training.
        void evaluated(int step, SequencedMap<String, Double> metrics);

        /// Asked before each update: its learning rate, where that is not the one the schedule gives by itself.
        ///
        /// @param scheduled by the number of the step
        default double rate(double scheduled) {
            return scheduled;
        }

        /// A line for the user about step `step`.
        default void told(int step, String line) {}

        /// Asked after each evaluation but the first: whether there is nothing to be gained any more, so that the run
        /// is at its end.
        default boolean isEnough() {
            return false;
        }

        /// When the state after `step` is to be kept.
        ///
        /// @param work done since step 0, in the objective's units
        void save(int step, double work);
    }

    /// What acts around each update beside the optimiser.
    public interface Around {
        /// Nothing.
        Around NOTHING = new Around() {};

        /// When the gradients of a step are there and no parameter has moved.
        ///
        /// @param gradScale factor that the optimiser is going to apply to every gradient
        default void beforeUpdate(double gradScale) {}

        /// When the parameters have moved.
        ///
        /// @param step number of the update, from 1
        default void afterUpdate(int step) {}

        /// What it remembers from step to step, by name; writing into the tensors restores it.
        default SequencedMap<String, Tensor> state() {
            return new LinkedHashMap<>();
        }
    }

    /// What is trained on what.
    ///
    /// @param groups trained parameters
    /// @param held batches of examples that are not trained on; may be empty
    public record Task<E>(
            Objective<E> objective, List<Group> groups, Batches<E> batches, List<List<E>> held, Around around) {

        /// With nothing around the updates.
        public Task(Objective<E> objective, List<Group> groups, Batches<E> batches, List<List<E>> held) {
            this(objective, groups, batches, held, Around.NOTHING);
        }

        private SequencedMap<String, Param> params() {
            SequencedMap<String, Param> all = new LinkedHashMap<>();
            groups.forEach(g -> all.putAll(g.params()));
            return all;
        }
    }

    private static final int FURTHER = 40; // bits of a seed below those of further micro-batches

    private final TrainSettings settings;
    private final Task<E> task;
    private final Kernels run;
    private final Listener listener;
    private final SequencedMap<String, Param> params;
    private final Optimizer optimizer;
    private final WeightAverage average;
    private final SpikeGuard spikes;
    private double work; // done since step 0
    private int done;
    private long savedByCheckpoints;

    /// @param run lifetime of the optimiser's state
    public StepLoop(TrainSettings settings, Task<E> task, Kernels run, Listener listener) {
        this.settings = settings;
        this.task = task;
        this.run = run;
        this.listener = listener;
        this.params = task.params();
        this.optimizer = settings.optimizer().over(task.groups(), run);
        average = new WeightAverage(settings.average(), params, run);
        spikes = new SpikeGuard(settings.spike(), run);
    }

    /// All tensors a resumed run needs, by name: `param.NAME`, then what the optimiser, the mean, the guard, what acts
    /// around the updates, the objective and the batches keep. Writing into them restores them.
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        params.forEach((name, p) -> state.put("param." + name, p.value()));
        state.putAll(optimizer.state());
        state.putAll(average.state());
        state.putAll(spikes.state());
        state.putAll(task.around().state());
        state.putAll(task.objective().state());
        state.putAll(task.batches().state());
        return state;
    }

    /// Says that `state` is that after `step` steps, in which `work` was done.
    public void resumeAfter(int step, double work) {
        done = step;
        this.work = work;
    }

    /// The most that checkpoints have saved of one step's memory, in bytes; 0 if there were none.
    public long bytesSavedByCheckpoints() {
        return savedByCheckpoints;
    }

    /// Steps taken so far.
    public int done() {
        return done;
    }

    /// Does something while the parameters have the values that are evaluated and kept: their means, where a mean is
    /// made.
    public void withKept(Runnable action) {
        average.swap();
        try {
            action.run();
        } finally {
            average.swap();
        }
    }

    /// Gives the parameters the values that are evaluated and kept, for good: the run has ended.
    public void settle() {
        average.swap();
    }

    /// Runs to the end, or until `stop` says so after a step; then the state is saved first.
    ///
    /// @return whether the end was reached
    /// @throws TrainingException if the loss or the gradient is not finite
    public boolean run(BooleanSupplier stop) {
        if (done == 0) evaluate(0);
        while (done < settings.steps()) {
            listener.begins(done + 1);
            SequencedMap<String, Double> metrics = step(done);
            done++;
            listener.step(done, metrics);
            boolean last = done == settings.steps();
            if (last || (settings.evalEvery() > 0 && done % settings.evalEvery() == 0)) {
                evaluate(done);
                last |= listener.isEnough();
            }
            boolean stopped = stop.getAsBoolean() && !last;
            if (stopped || (settings.saveEvery() > 0 && done % settings.saveEvery() == 0 && !last)) {
                listener.save(done, work);
            }
            if (stopped) return false;
            if (last) return true;
        }
        return true;
    }

    private SequencedMap<String, Double> step(int step) {
        long start = System.nanoTime();
        List<List<E>> micros = task.batches().step(step);
        Objective<E> objective = task.objective();
        double weight = sum(micros, objective::weight);
        double now = sum(micros, objective::work);
        MeanMetrics means = new MeanMetrics();
        for (int i = 0; i < micros.size(); i++) {
            means.add(gradient(step, i, micros, weight));
        }
        double norm = Clipping.norm(params.values(), run);
        requireFinite(step, "gradient norm", norm, micros);
        double lr = listener.rate(settings.rate().at(step, settings.steps()));
        String spike = spikes.judge(means.means().getOrDefault("loss", 0.0));
        if (spike.isEmpty()) update(step + 1, lr, Clipping.factor(norm, settings.clip()));
        else leaveOut(step + 1, spike);
        work += now;
        SequencedMap<String, Double> metrics = means.means();
        metrics.put("grad_norm", norm);
        metrics.put("learning_rate", lr);
        speed(metrics, step, now, (System.nanoTime() - start) * 1e-9);
        return metrics;
    }

    /// A step of several sources may have more micro-batches than `accumulate` says.
    private long seed(int step, int micro) {
        int n = settings.accumulate();
        return ((settings.seed() * 31 + step) * n + micro % n) ^ ((long) (micro / n) << FURTHER);
    }

    private void update(int t, double lr, double factor) {
        task.around().beforeUpdate(factor);
        optimizer.step(t, lr, factor);
        task.around().afterUpdate(t);
        average.follow(t);
    }

    private void leaveOut(int t, String why) {
        clearGradients();
        listener.told(t, "step %d: %s".formatted(t, why));
        if (spikes.inARow() < SpikeGuard.MOST_IN_A_ROW) return;
        throw new TrainingException(
                "step %d: %d losses in a row were spikes; go on from a checkpoint before them with a"
                                .formatted(t, SpikeGuard.MOST_IN_A_ROW)
                        + " lower learning rate");
    }

    private void clearGradients() {
        for (Param p : params.values()) run.elementwise().fill(p.grad(), 0);
    }

    /// Adds the gradient of one micro-batch to the parameters' gradients.
    private MeanMetrics gradient(int step, int i, List<List<E>> micros, double weight) {
        try (Kernels k = run.openStep()) {
            Tape tape = listener.tape(step + 1, i, k);
            Outcome o = task.objective().forward(Step.training(tape, seed(step, i)), micros.get(i), weight);
            requireFinite(step, "loss", o.metrics().means().getOrDefault("loss", 0.0), micros);
            // nothing trained acts on some batches, such as rows without the invocation of an activated LoRA
            if (o.loss().requiresGrad()) tape.backward(o.loss());
            savedByCheckpoints = Math.max(savedByCheckpoints, tape.bytesSavedByCheckpoints());
            return o.metrics();
        }
    }

    private static <E> double sum(List<List<E>> micros, ToDoubleFunction<E> count) {
        double sum = 0;
        for (List<E> micro : micros) for (E e : micro) sum += count.applyAsDouble(e);
        return sum;
    }

    private void speed(SequencedMap<String, Double> metrics, int step, double now, double seconds) {
        String unit = task.objective().unit();
        metrics.put("num_" + unit, work);
        metrics.put("epoch", task.batches().epochAfter(step));
        metrics.put("step_seconds", seconds);
        metrics.put(unit + "_per_second", now / seconds);
    }

    private void requireFinite(int step, String what, double value, List<List<E>> micros) {
        if (Double.isFinite(value)) return;
        String where = firstNonFinite(step, micros);
        throw new TrainingException("step %d: %s is %s%s; try a lower learning rate (now %s at its peak) or clipping"
                .formatted(step + 1, what, value, where.isEmpty() ? "" : ", for " + where, settings.lr()));
    }

    /// Takes the step again and looks at every op of it.
    private String firstNonFinite(int step, List<List<E>> micros) {
        double weight = sum(micros, task.objective()::weight);
        clearGradients();
        for (int i = 0; i < micros.size(); i++) {
            try (Kernels k = run.openStep()) {
                FirstNonFinite probe = new FirstNonFinite(k);
                Tape tape = Tape.probed(k, probe);
                Outcome o = task.objective().forward(Step.training(tape, seed(step, i)), micros.get(i), weight);
                if (probe.found().isEmpty() && o.loss().requiresGrad()) tape.backward(o.loss());
                if (!probe.found().isEmpty()) return probe.found();
            }
        }
        return params.entrySet().stream()
                .filter(e ->
                        !Double.isFinite(run.reduce().sumOfSquares(e.getValue().grad())))
                .findFirst()
                .map(e -> "the gradient of %s, summed over the step, is not finite".formatted(e.getKey()))
                .orElse("");
    }

    private void evaluate(int step) {
        if (task.held().isEmpty()) return;
        withKept(() -> {
            SequencedMap<String, Double> means = new LinkedHashMap<>();
            heldOut().means().forEach((name, value) -> means.put("eval_" + name, value));
            listener.evaluated(step, means);
        });
    }

    private MeanMetrics heldOut() {
        MeanMetrics sums = new MeanMetrics();
        for (List<E> batch : task.held()) {
            double weight = sum(List.of(batch), task.objective()::weight);
            try (Kernels k = run.openStep()) {
                Step pass = Step.evaluation(Tape.noGrad(k));
                sums.add(task.objective().forward(pass, batch, weight).metrics());
            }
        }
        return sums;
    }
}
