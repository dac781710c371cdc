package dev.gradine.jmh;

import dev.gradine.align.Labelled;
import dev.gradine.autograd.Tape;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.LoraConfig;
import dev.gradine.peft.Targets;
import dev.gradine.tensor.Kernels;
import dev.gradine.train.AdamW;
import dev.gradine.train.Learner;
import dev.gradine.train.Objective;
import dev.gradine.train.Step;
import dev.gradine.train.SftObjective;
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
    private final List<Labelled> examples = new ArrayList<>();
    private double weight;

    private record Ready(Objective<Labelled> objective, AdamW optimizer) {}

    private final List<Ready> ready = new ArrayList<>();

    /// Loads the model and checks that the first loss is finite and that ten steps on one batch lower it.
    @Setup
    public void setUp() {
        if (model.isEmpty()) throw new IllegalArgumentException("lora step bench: no model, expected -p model=PATH");
        opened.add(Models.open(Path.of(model), kernels));
        CausalLm llama = opened.getFirst().model();
        LoraConfig lora = LoraConfig.of(16, 32, Targets.parse("all-linear"));
        AdapterSet adapted = AdapterSet.fresh(llama, lora, kernels, new SplittableRandom(1));
        ready.add(new Ready(
                new SftObjective(new Learner(new Policy(llama, adapted), false)),
                new AdamW(AdamW.Settings.of(0, 1), adapted.trained(), kernels)));
        String[] sizes = batch.split("x", -1);
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < Integer.parseInt(sizes[0]); i++) {
            int[] ids = random.ints(Integer.parseInt(sizes[1]), 0, llama.vocabSize())
                    .toArray();
            examples.add(new Labelled(ids, ids));
        }
        weight = examples.stream().mapToInt(Labelled::predicted).sum();
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
            Objective.Outcome o = r.objective().forward(new Step(tape, 0, true), examples, weight);
            loss = k.download(o.loss().value())[0];
            tape.backward(o.loss());
        }
        r.optimizer().step(1e-4, r.optimizer().gradNorm());
        return loss;
    }

    /// Frees the model.
    @TearDown
    public void free() {
        opened.forEach(OpenModel::close);
    }
}
