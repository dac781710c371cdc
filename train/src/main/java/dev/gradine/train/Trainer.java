package dev.gradine.train;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.tensor.Kernels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;

/// The step loop: micro-batches, gradient, update, metrics; evaluation and checkpoints in between.
///
/// The same settings, data and seed give the same bytes, whether or not the run was interrupted on the way.
public final class Trainer<E> {

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
        void save(int step, long tokens);
    }

    /// What is trained on what.
    ///
    /// @param params trained parameters by name
    /// @param held batches of examples that are not trained on; may be empty
    public record Task<E>(
            Objective<E> objective, SequencedMap<String, Param> params, Batches<E> batches, List<List<E>> held) {}

    private final TrainSettings settings;
    private final Task<E> task;
    private final Kernels run;
    private final Listener listener;
    private final AdamW optimizer;
    private long tokens; // read since step 0, TRL's num_tokens
    private int done;
    private long savedByCheckpoints;

    /// @param run lifetime of the optimiser's moments
    public Trainer(TrainSettings settings, Task<E> task, Kernels run, Listener listener) {
        this.settings = settings;
        this.task = task;
        this.run = run;
        this.listener = listener;
        this.optimizer = new AdamW(settings.optimizer(), task.params(), run);
    }

    /// The optimiser, for saving and restoring its state.
    public AdamW optimizer() {
        return optimizer;
    }

    /// Says that the optimiser's state is that after `step` steps, in which `tokens` tokens were read.
    public void resumeAfter(int step, long tokens) {
        done = step;
        this.tokens = tokens;
        optimizer.restored(step);
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
                listener.save(done, tokens);
            }
            if (stopped) return false;
        }
        return true;
    }

    private SequencedMap<String, Double> step(int step) {
        long start = System.nanoTime();
        List<List<E>> micros = task.batches().step(step);
        double weight = 0;
        int read = 0;
        for (List<E> micro : micros) {
            for (E e : micro) {
                weight += task.objective().weight(e);
                read += task.objective().tokens(e);
            }
        }
        MetricSums sums = new MetricSums();
        for (int i = 0; i < micros.size(); i++) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                Objective.Outcome o =
                        task.objective().forward(new Step(tape, seed(step, i), true), micros.get(i), weight);
                requireFinite(step, "loss", o.metrics().means().getOrDefault("loss", 0.0));
                tape.backward(o.loss());
                savedByCheckpoints = Math.max(savedByCheckpoints, tape.bytesSavedByCheckpoints());
                sums.add(o.metrics());
            }
        }
        double norm = optimizer.gradNorm();
        requireFinite(step, "gradient norm", norm);
        double lr = settings.lr() * settings.schedule().factor(step, settings.warmup(), settings.steps());
        optimizer.step(lr, norm);
        tokens += read;
        return metrics(step, sums, norm, lr, new Work(read, (System.nanoTime() - start) * 1e-9));
    }

    /// A number that no other micro-batch of the run has.
    private long seed(int step, int micro) {
        return (settings.seed() * 31 + step) * settings.accumulate() + micro;
    }

    private record Work(int tokens, double seconds) {}

    private SequencedMap<String, Double> metrics(int step, MetricSums sums, double norm, double lr, Work work) {
        SequencedMap<String, Double> m = sums.means();
        m.put("grad_norm", norm);
        m.put("learning_rate", lr);
        m.put("num_tokens", (double) tokens);
        m.put("epoch", task.batches().epochAfter(step));
        m.put("step_seconds", work.seconds());
        m.put("tokens_per_second", work.tokens() / work.seconds());
        return m;
    }

    private void requireFinite(int step, String what, double value) {
        if (!Double.isFinite(value)) {
            throw new TrainingException("step %d: %s is %s; try a lower learning rate (now %s at its peak) or clipping"
                    .formatted(step + 1, what, value, settings.lr()));
        }
    }

    private void evaluate(int step) {
        if (task.held().isEmpty()) return;
        MetricSums sums = new MetricSums();
        for (List<E> batch : task.held()) {
            try (Kernels k = run.openStep()) {
                double weight =
                        batch.stream().mapToDouble(task.objective()::weight).sum();
                if (weight == 0) continue;
                sums.add(task.objective()
                        .forward(Step.evaluating(Tape.forgetting(k)), batch, weight)
                        .metrics());
            }
        }
        SequencedMap<String, Double> means = new LinkedHashMap<>();
        sums.means().forEach((name, value) -> means.put("eval_" + name, value));
        listener.evaluated(step, means);
    }
}
