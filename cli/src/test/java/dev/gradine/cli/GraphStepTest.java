package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.Sft;
import dev.gradine.autograd.Tape;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.gpu.ForwardingGpu;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.GraphCounts;
import dev.gradine.gpu.GraphGpu;
import dev.gradine.gpu.Operation;
import dev.gradine.gpu.Recording;
import dev.gradine.nn.Policy;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Clipping;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.optim.Step;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.testkit.Golden;
import dev.gradine.train.Learner;
import dev.gradine.train.PolicyObjective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Training and decoding with launches that repeat started as graphs: the same bits as one by one.
class GraphStepTest {

    private static final int LENGTH = 6;

    @TempDir
    private Path temp = Path.of("");

    /// A simulator that gives steps the same addresses again, as a GPU does, and does not look at their bounds.
    private static class Steady extends ForwardingGpu {
        Steady() {
            super(new Simulator());
        }

        @Override
        public boolean checksBounds() {
            return false;
        }
    }

    /// One whose graphs start what they were recorded with, whatever they are told.
    private static final class Deaf extends Steady {
        @Override
        public Recording record(List<Operation> operations) {
            Recording real = super.record(operations);
            return new Recording() {
                @Override
                public void set(int index, Operation operation) {
                    // the fault
                }

                @Override
                public void launch() {
                    real.launch();
                }

                @Override
                public void close() {
                    real.close();
                }
            };
        }
    }

    /// Norms and parameters after every step of LoRA fine-tuning, each on a sequence as long as `lengths` say and
    /// with a learning rate of its own.
    private List<float[]> steps(Gpu gpu, Runnable after, int... lengths) {
        List<float[]> results = new ArrayList<>();
        Path model = TinyModel.write(temp.resolve("model"));
        try (LoadedModel m = new LoadedModel(model, () -> CudaKernels.open(gpu))) {
            AdapterSet adapted = AdapterSet.fresh(
                    m.model(), Lora.of(4, 8), Selection.of("all-linear"), m.run(), new SplittableRandom(1));
            Learner learner = new Learner(new Policy(m.model(), adapted), false);
            Optimizer optimizer = AdamW.defaults().over(Group.decayingMatrices(adapted.trained(), 0.01), m.run());
            for (int i = 0; i < lengths.length; i++) {
                try (Kernels k = m.run().openStep()) {
                    Tape tape = Tape.recording(k);
                    List<LabelledTokens> batch = List.of(sequence(lengths[i], i));
                    tape.backward(PolicyObjective.of(Sft.defaults(), learner)
                            .forward(Step.training(tape, i), batch, lengths[i] - 1)
                            .loss());
                }
                double norm = Clipping.norm(adapted.trained().values(), m.run());
                optimizer.step(i + 1, 1e-3 * (i + 1), Clipping.factor(norm, 1));
                results.add(new float[] {(float) norm});
                adapted.trained().values().forEach(p -> results.add(m.run().download(p.value())));
                after.run();
            }
        }
        return results;
    }

    private static LabelledTokens sequence(int length, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] ids = IntStream.range(0, length)
                .map(_ -> random.nextInt(TinyModel.VOCAB))
                .toArray();
        return new LabelledTokens(ids, ids);
    }

    private static void requireSame(List<float[]> got, List<float[]> want) {
        assertThat(got).hasSameSizeAs(want);
        for (int i = 0; i < got.size(); i++)
            assertThat(got.get(i)).as("value " + i).containsExactly(want.get(i));
    }

    @Test
    void steps_of_one_shape_are_started_as_graphs_and_leave_the_same_bits() {
        int[] lengths = {LENGTH, LENGTH, LENGTH, LENGTH};
        List<GraphCounts> counts = new ArrayList<>();
        GraphGpu gpu = new GraphGpu(new Steady());
        List<float[]> got = steps(gpu, () -> counts.add(gpu.counts()), lengths);
        requireSame(got, steps(new Simulator(), () -> {}, lengths));
        GraphCounts before = counts.get(2);
        GraphCounts last = counts.get(3);
        assertThat(last.recorded() - before.recorded())
                .as("graphs made in the fourth step")
                .isZero();
        assertThat(last.alone() - before.alone()).as("operations beside graphs").isZero();
        assertThat(last.together() - before.together())
                .as("operations in graphs")
                .isGreaterThan(500);
        assertThat(last.exchanged() - before.exchanged())
                .as("operations that differ: the update of each of 28 parameters")
                .isEqualTo(28);
    }

    @Test
    void a_step_of_another_shape_is_right() {
        int[] lengths = {LENGTH, LENGTH, 3, 9, LENGTH};
        requireSame(steps(new GraphGpu(new Simulator()), () -> {}, lengths), steps(new Simulator(), () -> {}, lengths));
    }

    @Test
    void graphs_that_are_not_told_of_changes_are_noticed() {
        int[] lengths = {LENGTH, LENGTH, LENGTH};
        List<float[]> got = steps(new GraphGpu(new Deaf()), () -> {}, lengths);
        assertThatThrownBy(() -> requireSame(got, steps(new Simulator(), () -> {}, lengths)))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void golden_steps_leave_the_same_files() {
        Path alone = train("alone");
        Path graphs = train("graphs", "--cuda-graphs");
        assertThat(graphs.resolve("adapter_model.safetensors"))
                .hasSameBinaryContentAs(alone.resolve("adapter_model.safetensors"));
        assertThat(numbers(graphs)).isEqualTo(numbers(alone)).hasSize(3);
    }

    private Path train(String name, Object... more) {
        Path folder = Golden.golden("trl/sft");
        Path out = temp.resolve(name);
        List<Object> args = new ArrayList<>(List.of("sft", "--model", Golden.golden("trl/base"), "--out", out));
        args.addAll(List.of("--data", folder.resolve("data.jsonl"), "--init-adapter", folder.resolve("start")));
        args.addAll(List.of("--steps", 3, "--batch", 1, "--max-length", 8, "--lr", 0.005, "--no-shuffle"));
        args.addAll(List.of("--samples", 0, "--device", "sim"));
        args.addAll(List.of(more));
        Cli.run(args.toArray()).ok();
        return out;
    }

    private static List<List<Double>> numbers(Path out) {
        List<List<Double>> all = new ArrayList<>();
        for (Map<String, Object> line : Values.metrics(out)) {
            all.add(List.of(Values.number(line, "loss"), Values.number(line, "grad_norm")));
        }
        return all;
    }

    @Test
    void decoding_with_graphs_writes_the_same_text() {
        assertThat(generated("--cuda-graphs")).isEqualTo(generated());
    }

    private String generated(Object... more) {
        Path model = TinyModel.write(temp.resolve("model"));
        List<Object> args = new ArrayList<>(List.of("generate", "--model", model, "--prompt", "a", "--device", "sim"));
        args.addAll(List.of("--max-tokens", 8));
        args.addAll(List.of(more));
        return Cli.run(args.toArray()).ok().out();
    }

    @Test
    void the_cpu_refuses_graphs() {
        Path model = TinyModel.write(temp.resolve("model"));
        Cli.run("generate", "--model", model, "--prompt", "a", "--cuda-graphs")
                .refuses("cpu: graphs are asked for, expected none (--cuda-graphs is for cuda and sim)");
    }
}
