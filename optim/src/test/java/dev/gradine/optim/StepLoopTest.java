package dev.gradine.optim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.optim.LineFit.Point;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The loop fits a line: it needs no model, no token and no file.
class StepLoopTest implements StepLoop.Listener {

    private static final int STEPS = 6;

    private final Kernels run = CpuKernels.open();
    private final Map<Integer, SequencedMap<String, Double>> steps = new TreeMap<>();
    private final Map<Integer, SequencedMap<String, Double>> evaluations = new TreeMap<>();
    private final Map<Integer, Double> saved = new TreeMap<>();

    @AfterEach
    void close() {
        run.close();
    }

    @Override
    public void step(int step, SequencedMap<String, Double> metrics) {
        steps.put(step, metrics);
    }

    @Override
    public void evaluated(int step, SequencedMap<String, Double> metrics) {
        evaluations.put(step, metrics);
    }

    @Override
    public void save(int step, double work) {
        saved.put(step, work);
    }

    private static double at(Map<Integer, SequencedMap<String, Double>> log, int step, String name) {
        return requireNonNull(requireNonNull(log.get(step)).get(name));
    }

    /// Two micro-batches a step, of three points and of two.
    private record Cut(List<Point> points) implements Batches<Point> {
        @Override
        public List<List<Point>> step(int step) {
            int from = step % 4;
            return List.of(points.subList(from, from + 3), points.subList(from + 3, from + 5));
        }

        @Override
        public double epochAfter(int step) {
            return (step + 1) / 4.0;
        }
    }

    private static TrainSettings settings(Optimizer.Settings optimizer, double lr) {
        return new TrainSettings(STEPS, 2, lr, new Schedule.Linear(), 2, optimizer, 0.1, 1, 3, 2, 4);
    }

    private StepLoop<Point> loop(LineFit fit, TrainSettings settings) {
        List<Point> points = LineFit.points(12);
        List<List<Point>> held = List.of(points.subList(9, 11), points.subList(11, 12));
        var task = new StepLoop.Task<>(fit, settings.groups(fit.params()), new Cut(points), held);
        return new StepLoop<>(settings, task, run, this);
    }

    static Stream<Optimizer.Settings> optimizers() {
        return Optimizer.Settings.all().stream();
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void a_line_is_fitted(Optimizer.Settings optimizer) {
        LineFit fit = new LineFit(run, 0);
        var long200 = new TrainSettings(200, 2, 0.2, new Schedule.Linear(), 0, optimizer, 0, 0, 3, 0, 0);
        assertThat(loop(fit, long200).run(() -> false)).isTrue();
        assertThat(at(evaluations, 0, "eval_loss")).isGreaterThan(0.5);
        assertThat(at(evaluations, 200, "eval_loss")).isLessThan(0.01);
        assertThat(run.download(fit.w.value())[0]).isEqualTo(2, within(0.1f));
        assertThat(run.download(fit.w.value())[1]).isEqualTo(-3, within(0.1f));
    }

    @Test
    void metrics_are_named_by_what_the_objective_counts() {
        loop(new LineFit(run, 0), settings(AdamW.defaults(), 0.1)).run(() -> false);
        assertThat(requireNonNull(steps.get(1)).sequencedKeySet())
                .containsExactly(
                        "loss",
                        "grad_norm",
                        "learning_rate",
                        "num_metres",
                        "epoch",
                        "step_seconds",
                        "metres_per_second");
        assertThat(at(steps, 3, "num_metres")).isEqualTo(3 * 5 * 0.5);
        assertThat(at(steps, 3, "epoch")).isEqualTo(0.75);
        assertThat(at(steps, 2, "learning_rate")).isEqualTo(0.05);
        assertThat(requireNonNull(evaluations.get(0)).sequencedKeySet()).containsExactly("eval_loss");
    }

    @Test
    void evaluates_before_after_and_in_between_and_saves_but_at_the_end() {
        loop(new LineFit(run, 0), settings(AdamW.defaults(), 0.1)).run(() -> false);
        assertThat(evaluations.keySet()).containsExactly(0, 2, 4, 6);
        assertThat(saved).containsExactly(Map.entry(4, 10.0));
    }

    @Test
    void every_training_pass_has_a_seed_of_its_own_and_an_evaluation_has_none() {
        LineFit fit = new LineFit(run, 0);
        loop(fit, settings(AdamW.defaults(), 0.1)).run(() -> false);
        List<Step> training = fit.seen.stream().filter(Step::isTraining).toList();
        assertThat(training).hasSize(2 * STEPS);
        assertThat(training.stream().map(Step::seed)).doesNotHaveDuplicates();
        assertThat(fit.seen.stream().filter(s -> !s.isTraining())).hasSize(8).allMatch(s -> s.seed() == 0);
    }

    /// L = Σ (w·x − t)² / 5 over both micro-batches, so dw = 2/5 Σ (w·x − t) x, at w = (½, ½).
    @Test
    void micro_batches_add_up_to_the_gradient_of_their_step() {
        loop(new LineFit(run, 0), settings(AdamW.defaults(), 0.1)).run(() -> false);
        double[] dw = new double[2];
        for (Point p : LineFit.points(12).subList(0, 5)) {
            double e = 0.5 * p.x1() + 0.5 * p.x2() - p.t();
            dw[0] += 2.0 / 5 * e * p.x1();
            dw[1] += 2.0 / 5 * e * p.x2();
        }
        assertThat(at(steps, 1, "grad_norm")).isEqualTo(Math.hypot(dw[0], dw[1]), within(1e-5));
    }

    private Map<String, float[]> copied(SequencedMap<String, Tensor> state) {
        Map<String, float[]> copy = new LinkedHashMap<>();
        state.forEach((name, t) -> copy.put(name, run.download(t)));
        return copy;
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void a_run_that_was_stopped_and_resumed_ends_with_the_same_bits(Optimizer.Settings optimizer) {
        TrainSettings settings = settings(optimizer, 0.1);
        StepLoop<Point> whole = loop(new LineFit(run, 0.5f), settings);
        whole.run(() -> false);
        Map<Integer, SequencedMap<String, Double>> expected = new TreeMap<>(steps);

        StepLoop<Point> first = loop(new LineFit(run, 0.5f), settings);
        assertThat(first.run(() -> first.done() == 3)).isFalse();
        Map<String, float[]> checkpoint = copied(first.state());
        StepLoop<Point> second = loop(new LineFit(run, 0.5f), settings);
        second.state().forEach((name, t) -> run.upload(checkpoint.getOrDefault(name, new float[0]), t));
        second.resumeAfter(3, requireNonNull(saved.get(3)));
        steps.clear();
        assertThat(second.run(() -> false)).isTrue();

        assertThat(copied(second.state())).usingRecursiveComparison().isEqualTo(copied(whole.state()));
        assertThat(steps.keySet()).containsExactly(4, 5, 6);
        for (int i = 4; i <= STEPS; i++) {
            for (String name : List.of("loss", "grad_norm", "num_metres")) {
                assertThat(at(steps, i, name)).as(name).isEqualTo(at(expected, i, name));
            }
        }
    }

    @Test
    void state_holds_the_parameters_and_what_the_optimiser_keeps() {
        var loop = loop(new LineFit(run, 0), settings(AdamW.defaults(), 0.1));
        assertThat(loop.state().sequencedKeySet()).containsExactly("param.w", "m.w", "v.w");
    }

    private void broken(LineFit fit, String message) {
        assertThatThrownBy(() -> loop(fit, settings(AdamW.defaults(), 0.1)).run(() -> false))
                .isInstanceOf(TrainingException.class)
                .hasMessage(message + "; try a lower learning rate (now 0.1 at its peak) or clipping");
    }

    @Test
    void a_loss_that_is_no_number_ends_the_run_and_the_weight_is_named() {
        LineFit fit = new LineFit(run, 0);
        run.upload(new float[] {Float.NaN, 0}, fit.w.value());
        broken(fit, "step 1: loss is NaN, for the weight w is not finite");
    }

    /// (w·x)² overflows where w·x does not.
    @Test
    void the_first_op_whose_result_is_not_finite_is_named() {
        LineFit fit = new LineFit(run, 0);
        run.upload(new float[] {1e25f, 0}, fit.w.value());
        broken(fit, "step 1: loss is Infinity, for MatMul after w gives the first value that is not finite");
    }

    /// The loss is about (1e18)², its gradient by w 1e18 times an x of 1e22.
    @Test
    void the_first_op_whose_gradient_is_not_finite_is_named() {
        LineFit fit = new LineFit(run, 0);
        run.upload(new float[] {1e-4f, 0}, fit.w.value());
        fit.stretch = 1e22f;
        broken(
                fit,
                "step 1: gradient norm is Infinity, for the gradient of MatMul at w is the first that is not finite");
    }

    private TrainSettings with(WeightAverage.Settings average, SpikeGuard.Settings spike, int steps) {
        Rate rate = new Rate(0.1, new Schedule.Constant(), 0);
        return new TrainSettings(steps, 2, rate, new Sgd(0, false), 0, 0, 3, 3, 0, LoraPlus.NONE, average, spike);
    }

    /// Oracle: the mean by hand, of what a run without one leaves after each step.
    @Test
    void a_mean_is_evaluated_and_kept_and_training_goes_on_without_it() {
        LineFit plain = new LineFit(run, 0);
        List<float[]> values = new ArrayList<>(List.of(run.download(plain.w.value())));
        loop(plain, with(WeightAverage.Settings.NONE, SpikeGuard.Settings.NONE, 6))
                .run(() -> {
                    values.add(run.download(plain.w.value()));
                    return false;
                });
        double[] mean = {0.5, 0.5};
        for (int t = 1; t <= 6; t++) {
            double d = Math.min(0.4, (1.0 + t) / (10 + t));
            for (int i = 0; i < 2; i++) mean[i] = d * mean[i] + (1 - d) * values.get(t)[i];
        }
        double without = at(evaluations, 6, "eval_loss");
        LineFit fit = new LineFit(run, 0);
        StepLoop<Point> loop = loop(fit, with(new WeightAverage.Settings(0.4), SpikeGuard.Settings.NONE, 6));
        loop.run(() -> false);
        assertThat(run.download(fit.w.value())).isEqualTo(values.get(6));
        loop.withKept(() -> Tolerance.elementwise(16, 3).check("mean", run.download(fit.w.value()), mean));
        assertThat(run.download(fit.w.value())).isEqualTo(values.get(6));
        assertThat(at(evaluations, 6, "eval_loss")).isGreaterThan(without); // it trails behind
        assertThat(loop.state().sequencedKeySet()).containsExactly("param.w", "ema.w");
    }

    private final List<String> lines = new ArrayList<>();

    @Override
    public void told(int step, String line) {
        lines.add(line);
    }

    @Test
    void a_step_whose_loss_leaps_is_left_out_and_told() {
        LineFit fit = new LineFit(run, 0);
        StepLoop<Point> loop = loop(fit, with(WeightAverage.Settings.NONE, new SpikeGuard.Settings(8.0), 32));
        List<float[]> values = new ArrayList<>();
        loop.run(() -> {
            values.add(run.download(fit.w.value()));
            fit.stretch = loop.done() == 29 ? 100 : 1; // the thirtieth batch is broken
            return false;
        });
        assertThat(lines)
                .singleElement()
                .asString()
                .startsWith("step 30: loss ")
                .endsWith("; the step is left out");
        assertThat(values.get(29)).isEqualTo(values.get(28));
        assertThat(values.get(30)).isNotEqualTo(values.get(29));
        assertThat(steps.keySet()).hasSize(32);
        assertThat(requireNonNull(loop.state().get("spike.losses")).toFloats()[0])
                .isEqualTo(31);
    }

    @Test
    void five_leaps_in_a_row_end_the_run() {
        LineFit fit = new LineFit(run, 0);
        StepLoop<Point> loop = loop(fit, with(WeightAverage.Settings.NONE, new SpikeGuard.Settings(8.0), 50));
        assertThatThrownBy(() -> loop.run(() -> {
                    fit.stretch = loop.done() >= 29 ? 100 : 1;
                    return false;
                }))
                .isInstanceOf(TrainingException.class)
                .hasMessage("step 34: 5 losses in a row were spikes; go on from a checkpoint before them with a lower"
                        + " learning rate");
        assertThat(lines).hasSize(5);
    }

    @Test
    void every_step_is_taken_where_no_guard_is_asked_for() {
        LineFit fit = new LineFit(run, 0);
        StepLoop<Point> loop = loop(fit, with(WeightAverage.Settings.NONE, SpikeGuard.Settings.NONE, 32));
        loop.run(() -> {
            fit.stretch = loop.done() == 29 ? 100 : 1;
            return false;
        });
        assertThat(lines).isEmpty();
    }

    @Test
    void settings_out_of_range_are_refused() {
        List<String> messages = new ArrayList<>();
        for (int[] bad : new int[][] {{0, 1, 0}, {1, 0, 0}, {1, 1, -1}}) {
            try {
                new TrainSettings(bad[0], bad[1], 1, new Schedule.Linear(), bad[2], AdamW.defaults(), 0, 1, 1, 0, 0);
            } catch (IllegalArgumentException e) {
                messages.add(String.valueOf(e.getMessage()));
            }
        }
        assertThat(messages)
                .containsExactly(
                        "steps: 0, expected at least 1",
                        "accumulate: 0, expected at least 1",
                        "warmup: -1, expected at least 0");
    }
}
