package dev.gradine.cli;

import dev.gradine.align.Sft;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.models.Families;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weights;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Clipping;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.optim.Step;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.Learner;
import dev.gradine.train.PolicyObjective;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/// Trains a toy while the real model is being read, so that the kernels are compiled by the time they are needed: an
/// interpreted vector instruction takes a thousand times as long, and a real step has millions of them where the toy
/// has thousands.
///
/// The toy is a Llama of one block with adapters on all layers, its weights zeros of every type in turn. Nothing of it
/// reaches the run. A process warms up once.
final class WarmUp implements AutoCloseable {

    private static final AtomicBoolean DONE = new AtomicBoolean();
    private static final int VOCAB = 96;
    private static final int C = 64; // channels: a few vectors
    private static final int TOKENS = 30; // of each of two sequences: tiles of every height
    private static final int STEPS = 300; // by then all of it is compiled
    private static final List<DType> TYPES = List.of(DType.Q4_1, DType.Q4_1, DType.Q8_0, DType.BF16, DType.F32);

    private final Thread thread = new Thread(this::train, "gradine-warm-up");
    private volatile boolean closed;
    private int weights;

    private WarmUp() {
        thread.setDaemon(true);
    }

    /// Begins, unless the process is warm.
    static WarmUp start() {
        WarmUp w = new WarmUp();
        if (DONE.compareAndSet(false, true)) w.thread.start();
        return w;
    }

    /// For a command that trains nothing.
    static WarmUp none() {
        return new WarmUp();
    }

    private void train() {
        ModelConfig config = new ModelConfig(Map.of(
                "model_type",
                "llama",
                "vocab_size",
                VOCAB,
                "hidden_size",
                C,
                "intermediate_size",
                C,
                "num_hidden_layers",
                1,
                "num_attention_heads",
                1,
                "tie_word_embeddings",
                true));
        try (Arena arena = Arena.ofShared();
                Kernels run = CpuKernels.open()) {
            CausalLm model =
                    Families.builtIn().build(config, new Weights((name, _) -> run.fromHost(weight(arena, name)), run));
            AdapterSet adapted =
                    AdapterSet.fresh(model, Lora.of(16, 32), Selection.of("all-linear"), run, new SplittableRandom(1));
            Optimizer optimizer = AdamW.defaults().over(Group.decayingMatrices(adapted.trained(), 0), run);
            var objective = PolicyObjective.of(Sft.defaults(), new Learner(new Policy(model, adapted), false));
            int[] ids = IntStream.range(0, TOKENS).toArray();
            List<LabelledTokens> batch = List.of(new LabelledTokens(ids, ids), new LabelledTokens(ids, ids));
            for (int i = 0; i < STEPS && !closed; i++) {
                try (Kernels k = run.openStep()) {
                    Tape tape = Tape.recording(k);
                    tape.backward(objective
                            .forward(Step.training(tape, 0), batch, 2 * TOKENS)
                            .loss());
                }
                double norm = Clipping.norm(adapted.trained().values(), run);
                optimizer.step(i + 1, 0, Clipping.factor(norm, 1));
            }
        }
    }

    /// Zeros: of scale 0 in a block type.
    private Tensor weight(Arena arena, String name) {
        if (name.contains("norm")) return Tensor.zeros(arena, DType.F32, Shape.of(C));
        if (name.contains("embed")) return Tensor.zeros(arena, DType.Q8_0, Shape.of(VOCAB, C));
        return Tensor.zeros(arena, TYPES.get(weights++ % TYPES.size()), Shape.of(C, C));
    }

    /// Ends it and waits for the step it is in.
    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
