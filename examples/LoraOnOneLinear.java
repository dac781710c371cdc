// A frozen layer learns new labels through a low-rank side path: logits = x Wᵀ + s · x Aᵀ Bᵀ.
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.peft.LoraLinear;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;

static final int POINTS = 64, CLASSES = 8, CHANNELS = 16, RANK = 2;

void main() {
    var rng = new SplittableRandom(42);
    try (Kernels run = CpuKernels.open()) {
        Tensor w = random(run, rng, CLASSES, CHANNELS); // the "checkpoint", trained on some other task
        Linear base = new Linear("layer", new Weight("layer.weight", Param.frozen("layer.weight", w)), null);
        Param a = Param.trained("lora_A", random(run, rng, RANK, CHANNELS), run);
        Param b = Param.trained("lora_B", run.zeros(Shape.of(CLASSES, RANK)), run); // zero: ΔW = 0 at the start
        LoraLinear layer = new LoraLinear(a, b, 2, 0, 0);
        IO.println("trained %d of %d values".formatted(a.value().size() + b.value().size(), w.size()));

        Tensor points = random(run, rng, POINTS, CHANNELS);
        float[] x = run.download(points);
        int[] labels = new int[POINTS]; // the new task: the sign of the first channel, class 0 or 1
        for (int i = 0; i < POINTS; i++) labels[i] = x[i * CHANNELS] > 0 ? 1 : 0;
        Tensor targets = run.ofInts(labels);

        var trained = new LinkedHashMap<>(Map.of("lora_A", a, "lora_B", b));
        Optimizer adamW = AdamW.defaults().over(Group.decayingMatrices(trained, 0), run); // no decay
        for (int step = 0; step <= 60; step++) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                Var logits = layer.apply(base, tape.constant(points), Pass.of(tape)); // in evaluation: no dropout
                Var loss = scale(mean(logProb(logits, targets, null)), -1);
                if (step % 20 == 0) IO.println("step %2d  loss %.4f".formatted(step, k.download(loss.value())[0]));
                tape.backward(loss); // reaches A and B; for the frozen W nothing is computed
            }
            adamW.step(step + 1, 0.05, 1); // the gradient as it is, not clipped
        }
        Tensor delta = layer.delta(run); // merging: one matrix that does what W and the side path do together
        IO.println("|ΔW| = %.3f, of rank %d at most".formatted(Math.sqrt(run.reduce().sumOfSquares(delta)), RANK));
    }
}

Tensor random(Kernels k, SplittableRandom rng, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) values[i] = (float) rng.nextGaussian() / (float) Math.sqrt(columns);
    return k.of(Shape.of(rows, columns), values);
}
