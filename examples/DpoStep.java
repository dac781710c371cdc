// Direct preference optimisation of a random two-block Llama on one pair of answers, step by step.
import dev.gradine.align.DpoLoss;
import dev.gradine.align.Labelled;
import dev.gradine.align.PreferenceLoss.Pair;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.models.Families;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weights;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Optimizer;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;

static final int VOCAB = 32, C = 16; // tokens, channels

void main() { // one prompt of three tokens, which carry no loss, and two answers to it
    Labelled chosen = Labelled.completion(new int[] {1, 7, 4, 20, 21, 2}, 3);
    Labelled rejected = Labelled.completion(new int[] {1, 7, 4, 9, 2}, 3);
    var rng = new SplittableRandom(42);
    try (Kernels run = CpuKernels.open()) {
        ModelConfig config = new ModelConfig(Map.of("model_type", "llama", "vocab_size", VOCAB, "hidden_size", C,
                "intermediate_size", C, "num_hidden_layers", 2, "num_attention_heads", 2, "tie_word_embeddings", true));
        CausalLm model = Families.builtIn().build(config, new Weights((n, s) -> weight(run, rng, n, s), run));
        AdapterSet adapted = AdapterSet.fresh(model, Lora.of(4, 8), Selection.of("all-linear"), run, rng);
        Optimizer adamW = AdamW.Settings.defaults().over(Optimizer.Group.decayingMatrices(adapted.trained(), 0), run);
        for (int step = 0; step <= 10; step++) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k), off = Tape.forgetting(k);
                Policy ref = Policy.of(model), trained = new Policy(model, adapted); // the same weights, other adapters
                Var refChosen = tape.constant(logp(off, ref, chosen).value()); // a fresh adapter changes nothing:
                Var refRejected = tape.constant(logp(off, ref, rejected).value()); // L = log 2 at step 0
                Pair policy = new Pair(logp(tape, trained, chosen), logp(tape, trained, rejected));
                Var loss = new DpoLoss(0.1f).apply(policy, new Pair(refChosen, refRejected)); // f32[1]: one pair
                if (step % 2 == 0) IO.println("step %2d  loss %.4f".formatted(step, k.download(loss.value())[0]));
                tape.backward(loss);
            }
            adamW.step(step + 1, 0.02, 1); // gradients as they are, not clipped
        }
    }
}

// Summed log-probability of an answer, given its prompt: f32[1], nats.
Var logp(Tape tape, Policy policy, Labelled answer) {
    return TokenLogProbs.of(tape, policy, List.of(answer)).sums();
}

Tensor weight(Kernels run, SplittableRandom rng, String name, Shape shape) {
    float[] values = new float[shape.size()]; // weights of norms are 1, the rest is random
    for (int i = 0; i < values.length; i++) values[i] = name.contains("norm") ? 1 : (float) rng.nextGaussian() / 4;
    return run.of(shape, values);
}
