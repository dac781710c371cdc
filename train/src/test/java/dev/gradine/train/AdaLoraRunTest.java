package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.Sft;
import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.models.Families;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weights;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Shaping;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole schedule of AdaLoRA is the reference's: loss with the penalty, ranks after each step, parameters in the end
/// and the file without the ranks that were taken.
class AdaLoraRunTest {

    private final Path golden = Golden.golden("peft/adalora-run");
    private final Map<String, Object> notes = Json.readObject(golden.resolve("expected.json"));

    @TempDir
    Path folder;

    @Test
    void loss_ranks_values_and_file_of_twelve_steps_are_the_references() {
        try (Arena arena = Arena.ofShared();
                Kernels run = CpuKernels.open()) {
            Safetensors expected = Safetensors.open(golden.resolve("expected.safetensors"), arena);
            CausalLm model = model(run, arena);
            AdapterSet set = begun(model, run);
            train(new Policy(model, set), set, examples(expected), run);
            set.trained().forEach((name, p) -> {
                double[] want = values(expected.tensor("after." + name), run);
                float[] got = run.download(p.value());
                Tolerance.trained().check(name, got, want);
                boolean taken = Arrays.stream(want).allMatch(v -> v == 0); // all ranks of this layer
                if (!taken) Teeth.bite(got, g -> Tolerance.trained().check(name, g, want));
            });
            AdapterFolder.save(set, folder, "base", run);
            requireSaved(arena, run);
        }
    }

    private static double[] values(Tensor t, Kernels run) {
        return Cases.doubles(run.download(run.fromHost(t)));
    }

    private static CausalLm model(Kernels run, Arena arena) {
        Checkpoint base = Checkpoint.open(Golden.golden("peft/base"), List.of(), arena);
        Weights.Source source = (name, _) -> base.tensor(name);
        return Families.builtIn().build(new ModelConfig(base.config()), new Weights(source, run));
    }

    /// A fresh set, which has a schedule before it, with the reference's first values.
    private AdapterSet begun(CausalLm model, Kernels run) {
        AdapterSet stored = AdapterFolder.load(golden.resolve("adapter"), model, run);
        AdapterSet set = AdapterSet.fresh(model, stored.method(), stored.selection(), run, new SplittableRandom(1));
        List<Param> from = stored.params();
        for (int i = 0; i < from.size(); i++) {
            run.copy(from.get(i).value(), set.params().get(i).value());
        }
        return set;
    }

    private static List<LabelledTokens> examples(Safetensors file) {
        int[] ids = ints(file.tensor("input_ids"));
        int[] labels = ints(file.tensor("labels"));
        int n = file.tensor("labels").shape().last();
        return IntStream.range(0, ids.length / n)
                .mapToObj(r -> new LabelledTokens(
                        Arrays.copyOfRange(ids, r * n, r * n + n), Arrays.copyOfRange(labels, r * n, r * n + n)))
                .toList();
    }

    private static int[] ints(Tensor t) {
        return Arrays.stream(t.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    private void train(Policy policy, AdapterSet set, List<LabelledTokens> examples, Kernels run) {
        Shaping shaping = set.shaping(12, run);
        var learner = new Learner(policy, false, shaping);
        var objective = PolicyObjective.of(Sft.defaults(), learner);
        Optimizer adamW = AdamW.defaults().over(List.of(new Optimizer.Group(set.trained(), 1, 0.01)), run);
        for (int t = 0; t < 12; t++) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                double weight = examples.stream().mapToDouble(objective::weight).sum();
                Outcome o = objective.forward(Step.training(tape, t), examples, weight);
                tape.backward(o.loss());
                double loss = o.metrics().means().getOrDefault("loss", Double.NaN);
                Tolerance.loss().check("loss " + t, loss, goldenLoss(t));
            }
            shaping.beforeUpdate(1);
            adamW.step(t + 1, 0.01, 1);
            shaping.afterUpdate(t + 1);
            assertThat(ranks(set, run)).as("step " + t).isEqualTo(goldenRanks(t));
        }
    }

    private Map<?, ?> step(int t) {
        if (notes.get("steps") instanceof List<?> all && all.get(t) instanceof Map<?, ?> step) return step;
        throw new AssertionError("golden: no step " + t);
    }

    private double goldenLoss(int t) {
        if (step(t).get("loss") instanceof Number n) return n.doubleValue();
        throw new AssertionError("golden: no loss in step " + t);
    }

    private List<Integer> goldenRanks(int t) {
        List<Integer> all = new ArrayList<>();
        if (step(t).get("ranks") instanceof Map<?, ?> ranks) {
            ranks.values().forEach(r -> all.add(Integer.parseInt(r.toString())));
        }
        return all;
    }

    private static List<Integer> ranks(AdapterSet set, Kernels run) {
        List<Integer> all = new ArrayList<>();
        set.trained().forEach((name, p) -> {
            if (!name.endsWith("lora_E")) return;
            int n = 0;
            for (float e : run.download(p.value())) if (e != 0) n++;
            all.add(n);
        });
        return all;
    }

    private void requireSaved(Arena arena, Kernels run) {
        assertThat(Json.readObject(folder.resolve(AdapterFolder.CONFIG)).get("rank_pattern"))
                .isEqualTo(Json.readObject(golden.resolve("saved/" + AdapterFolder.CONFIG))
                        .get("rank_pattern"));
        Safetensors ours = Safetensors.open(folder.resolve(AdapterFolder.WEIGHTS), arena);
        Safetensors theirs = Safetensors.open(golden.resolve("saved/" + AdapterFolder.WEIGHTS), arena);
        assertThat(ours.names()).isEqualTo(theirs.names());
        for (String name : theirs.names()) {
            assertThat(ours.tensor(name).shape()).isEqualTo(theirs.tensor(name).shape());
            Tolerance.trained()
                    .check(name, run.download(run.fromHost(ours.tensor(name))), values(theirs.tensor(name), run));
        }
        AdapterSet again = AdapterFolder.load(folder, model(run, arena), run);
        assertThat(again.trainedValues()).isLessThan(2712);
    }
}
