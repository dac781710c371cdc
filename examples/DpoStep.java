// Direct preference optimisation of a random two-block Llama on one pair of answers, step by step.
import dev.gradine.align.Dpo;
import dev.gradine.align.Packed;
import dev.gradine.align.Scored;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
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
    LabelledTokens chosen = LabelledTokens.completion(new int[] {1, 7, 4, 20, 21, 2}, 3);
    Pair pair = new Pair(chosen, LabelledTokens.completion(new int[] {1, 7, 4, 9, 2}, 3));
    Dpo dpo = new Dpo(0.1f);
    Packed packed = Packed.of(List.of(dpo.sequences(pair)), true); // the prompt is read once
    var rng = new SplittableRandom(42);
    try (Kernels run = CpuKernels.open()) {
        ModelConfig config = new ModelConfig(Map.of("model_type", "llama", "vocab_size", VOCAB, "hidden_size", C,
                "intermediate_size", C, "num_hidden_layers", 2, "num_attention_heads", 2, "tie_word_embeddings", true));
        CausalLm model = Families.builtIn().build(config, new Weights((n, s) -> weight(run, rng, n, s), run));
        AdapterSet adapted = AdapterSet.fresh(model, Lora.of(4, 8), Selection.of("all-linear"), run, rng);
        Optimizer adamW = AdamW.defaults().over(Optimizer.Group.decayingMatrices(adapted.trained(), 0), run);
        for (int step = 0; step <= 10; step++) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k), off = Tape.noGrad(k);
                Policy ref = Policy.of(model), policy = new Policy(model, adapted); // the same weights, other adapters
                float[] frozen = k.download(TokenLogProbs.of(off, ref, packed).values().value());
                Scored<Pair> batch = Scored.of(List.of(pair), packed, TokenLogProbs.of(tape, policy, packed), frozen);
                Var loss = dpo.loss(batch); // f32[1]: one pair; log 2 at step 0, for a fresh adapter changes nothing
                if (step % 2 == 0) IO.println("step %2d  loss %.4f".formatted(step, k.download(loss.value())[0]));
                tape.backward(loss);
            }
            adamW.step(step + 1, 0.02, 1); // gradients as they are, not clipped
        }
    }
}

Tensor weight(Kernels run, SplittableRandom rng, String name, Shape shape) {
    float[] values = new float[shape.size()]; // weights of norms are 1, the rest is random
    for (int i = 0; i < values.length; i++) values[i] = name.contains("norm") ? 1 : (float) rng.nextGaussian() / 4;
    return run.of(shape, values);
}
