package dev.gradine.jmh;

import dev.gradine.align.Sft;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Clipping;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.train.Learner;
import dev.gradine.train.PolicyObjective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// One whole step of LoRA fine-tuning, rank 16 on all linears: forward, backward, update. Tokens per second are
/// `batch · length / time`.
///
/// The model is given by `-p model=PATH`, such as the folder of SmolLM2-135M-Instruct.
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 10)
@Measurement(iterations = 3, time = 10)
public class LoraStepBench extends CpuBench {

    /// Model folder or file.
    @Param("")
    public String model = "";

    /// Sequences times tokens of each.
    @Param({"1x256", "4x256", "1x1024"})
    public String batch = "";

    private final List<OpenModel> opened = new ArrayList<>();
    private final List<LabelledTokens> examples = new ArrayList<>();
    private double weight;
    private int updates;

    private record Ready(Objective<LabelledTokens> objective, AdapterSet adapted, Optimizer optimizer) {}

    private final List<Ready> ready = new ArrayList<>();

    /// Loads the model and checks that the first loss is finite and that ten steps on one batch lower it.
    @Setup
    public void setUp() {
        if (model.isEmpty()) throw new IllegalArgumentException("lora step bench: no model, expected -p model=PATH");
        opened.add(Models.open(Path.of(model), kernels));
        CausalLm llama = opened.getFirst().model();
        AdapterSet adapted =
                AdapterSet.fresh(llama, Lora.of(16, 32), Selection.of("all-linear"), kernels, new SplittableRandom(1));
        Optimizer optimizer = AdamW.defaults().over(Group.decayingMatrices(adapted.trained(), 0), kernels);
        Learner learner = new Learner(new Policy(llama, adapted), false);
        ready.add(new Ready(PolicyObjective.of(Sft.defaults(), learner), adapted, optimizer));
        String[] sizes = batch.split("x", -1);
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < Integer.parseInt(sizes[0]); i++) {
            int[] ids = random.ints(Integer.parseInt(sizes[1]), 0, llama.vocabSize())
                    .toArray();
            examples.add(new LabelledTokens(ids, ids));
        }
        weight = examples.stream().mapToInt(LabelledTokens::predicted).sum();
        double first = step();
        double last = first;
        for (int i = 0; i < 9; i++) last = step();
        if (!(last < first)) {
            throw new IllegalStateException("lora step: loss went from %s to %s, expected less".formatted(first, last));
        }
    }

    /// One step; returns the loss before it.
    @Benchmark
    public double step() {
        Ready r = ready.getFirst();
        double loss;
        try (Kernels k = kernels.openStep()) {
            Tape tape = Tape.recording(k);
            Outcome o = r.objective().forward(Step.training(tape, 0), examples, weight);
            loss = k.download(o.loss().value())[0];
            tape.backward(o.loss());
        }
        double norm = Clipping.norm(r.adapted().trained().values(), kernels);
        r.optimizer().step(++updates, 1e-4, Clipping.factor(norm, 1));
        return loss;
    }

    /// Frees the model.
    @TearDown
    public void free() {
        opened.forEach(OpenModel::close);
    }
}
