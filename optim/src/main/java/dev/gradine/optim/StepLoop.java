package dev.gradine.optim;

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

        /// After an update.
        ///
        /// @param step number of the update, from 1
        /// @param metrics in the order they are logged
        void step(int step, SequencedMap<String, Double> metrics);

        /// After an evaluation; names begin with `eval_`. Step 0 is before training.
        void evaluated(int step, SequencedMap<String, Double> metrics);

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

    private final TrainSettings settings;
    private final Task<E> task;
    private final Kernels run;
    private final Listener listener;
    private final SequencedMap<String, Param> params;
    private final Optimizer optimizer;
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
    }

    /// All tensors a resumed run needs, by name: `param.NAME`, then what the optimiser, what acts around the updates,
    /// the objective and the batches keep. Writing into them restores them.
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        params.forEach((name, p) -> state.put("param." + name, p.value()));
        state.putAll(optimizer.state());
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
            if (last || (settings.evalEvery() > 0 && done % settings.evalEvery() == 0)) evaluate(done);
            boolean stopped = stop.getAsBoolean() && !last;
            if (stopped || (settings.saveEvery() > 0 && done % settings.saveEvery() == 0 && !last)) {
                listener.save(done, work);
            }
            if (stopped) return false;
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
            long seed = (settings.seed() * 31 + step) * settings.accumulate() + i;
            means.add(gradient(step, seed, micros.get(i), weight));
        }
        double norm = Clipping.norm(params.values(), run);
        requireFinite(step, "gradient norm", norm);
        double lr = settings.lr() * settings.schedule().factor(step, settings.warmup(), settings.steps());
        double factor = Clipping.factor(norm, settings.clip());
        task.around().beforeUpdate(factor);
        optimizer.step(step + 1, lr, factor);
        task.around().afterUpdate(step + 1);
        work += now;
        SequencedMap<String, Double> metrics = means.means();
        metrics.put("grad_norm", norm);
        metrics.put("learning_rate", lr);
        speed(metrics, step, now, (System.nanoTime() - start) * 1e-9);
        return metrics;
    }

    /// Adds the gradient of one micro-batch to the parameters' gradients.
    private MeanMetrics gradient(int step, long seed, List<E> micro, double weight) {
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Outcome o = task.objective().forward(Step.training(tape, seed), micro, weight);
            requireFinite(step, "loss", o.metrics().means().getOrDefault("loss", 0.0));
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

    private void requireFinite(int step, String what, double value) {
        if (!Double.isFinite(value)) {
            throw new TrainingException("step %d: %s is %s; try a lower learning rate (now %s at its peak) or clipping"
                    .formatted(step + 1, what, value, settings.lr()));
        }
    }

    private void evaluate(int step) {
        if (task.held().isEmpty()) return;
        MeanMetrics sums = new MeanMetrics();
        for (List<E> batch : task.held()) {
            double weight = sum(List.of(batch), task.objective()::weight);
            if (weight == 0) continue;
            try (Kernels k = run.openStep()) {
                Step pass = Step.evaluation(Tape.noGrad(k));
                sums.add(task.objective().forward(pass, batch, weight).metrics());
            }
        }
        SequencedMap<String, Double> means = new LinkedHashMap<>();
        sums.means().forEach((name, value) -> means.put("eval_" + name, value));
        listener.evaluated(step, means);
    }
}
