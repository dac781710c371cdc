package dev.gradine.bench;

import static dev.gradine.autograd.op.Attention.attention;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.LinearLogProb.linearLogProb;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;
import static dev.gradine.autograd.op.SwiGlu.swiGlu;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;

/// What a step does besides matrix products, at the sizes of SmolLM2-135M and 1,024 tokens; each op forward and
/// backward through a tape, as in training.
public final class StepRows {

    private static final AttentionSpec ATTENTION = AttentionSpec.causal(9, 3, 64, 0.125f);
    private static final int ROWS = 1024;
    private static final int WIDTH = 576;
    private static final int HIDDEN = 1536;
    private static final int VOCABULARY = 49_152;
    private static final int TRAINED = 4_884_480; // adapters of rank 16 on all linear layers
    private static final float EPS = 1e-5f;
    private static final double F32 = 4e-9; // gigabytes of a value

    private StepRows() {}

    /// Measures all of them.
    public static void run(Session s) {
        for (int n : List.of(256, 512, 1024, 2048, 4096)) {
            double pairs = 0.5 * n * (n + 1.0); // of a query with a key it sees; 2 products forward, 5 backward
            double gflop = 7 * 2e-9 * pairs * ATTENTION.heads() * ATTENTION.headDim();
            s.arithmetic("attention 9/3 heads, %d tokens, fwd+bwd".formatted(n), gflop, k -> attentionOf(k, n));
        }
        double gflop = 2 * 2e-9 * ROWS * WIDTH * VOCABULARY; // logits, and the gradient of their input
        s.arithmetic("linear + cross-entropy 1024×576·49152ᵀ fwd+bwd", gflop, StepRows::crossEntropy);
        s.traffic("rms norm 1024×576 fwd+bwd", 5 * F32 * ROWS * WIDTH, StepRows::norm); // x y | dy x dx
        s.traffic("swiglu 1024×1536 fwd+bwd", 8 * F32 * ROWS * HIDDEN, StepRows::gated); // g u y | dy g u dg du
        s.traffic("add 1024×576", 3 * F32 * ROWS * WIDTH, StepRows::sum);
        s.traffic("adamw %,d values".formatted(TRAINED), 7 * F32 * TRAINED, StepRows::update); // p g m v | p m v
    }

    private static Contest attentionOf(Kernels run, int n) {
        int queries = ATTENTION.heads() * ATTENTION.headDim();
        int keys = ATTENTION.kvHeads() * ATTENTION.headDim();
        Tensor q = Values.uniform(run, 1, n, queries);
        Tensor k = Values.uniform(run, 2, n, keys);
        Tensor v = Values.uniform(run, 3, n, keys);
        Tensor dy = Values.uniform(run, 4, n, queries);
        Sequences whole = Sequences.packed(0, n);
        OpRun op = new OpRun(
                run, (t, x) -> attention(x.get(0), x.get(1), x.get(2), ATTENTION, whole), dy, List.of(q, k, v));
        return new Contest(op, op::results, peer -> peer.attention(q, k, v, dy, ATTENTION));
    }

    private static Contest crossEntropy(Kernels k) {
        Tensor h = Values.uniform(k, 1, ROWS, WIDTH);
        Tensor w = Values.uniform(k, 2, VOCABULARY, WIDTH);
        Tensor targets = k.ofInts(Values.tokens(3, ROWS, VOCABULARY));
        Param head = Param.frozen("head", w);
        OpRun op = new OpRun(
                k,
                (t, x) -> scale(mean(linearLogProb(x.getFirst(), t.param(head), targets, null)), -1),
                k.of(Shape.of(1), 1),
                List.of(h));
        return new Contest(op, op::results, peer -> peer.linearCrossEntropy(h, w, targets));
    }

    private static Contest norm(Kernels k) {
        Tensor x = Values.uniform(k, 1, ROWS, WIDTH);
        Tensor dy = Values.uniform(k, 2, ROWS, WIDTH);
        Tensor w = k.of(Shape.of(WIDTH), k.download(Values.uniform(k, 3, 1, WIDTH)));
        Param weight = Param.frozen("norm", w);
        OpRun op = new OpRun(k, (t, in) -> rmsNorm(in.getFirst(), t.param(weight), EPS), dy, List.of(x));
        return new Contest(op, op::results, peer -> peer.rmsNorm(x, w, EPS, dy));
    }

    private static Contest gated(Kernels k) {
        Tensor gate = Values.uniform(k, 1, ROWS, HIDDEN);
        Tensor up = Values.uniform(k, 2, ROWS, HIDDEN);
        Tensor dy = Values.uniform(k, 3, ROWS, HIDDEN);
        OpRun op = new OpRun(k, (t, in) -> swiGlu(in.get(0), in.get(1)), dy, List.of(gate, up));
        return new Contest(op, op::results, peer -> peer.swiGlu(gate, up, dy));
    }

    private static Contest sum(Kernels k) {
        Tensor a = Values.uniform(k, 1, ROWS, WIDTH);
        Tensor b = Values.uniform(k, 2, ROWS, WIDTH);
        Tensor y = k.empty(a.shape());
        return new Contest(() -> k.elementwise().add(a, b, y), () -> k.download(y), peer -> peer.add(a, b));
    }

    private static Contest update(Kernels k) {
        Tensor start = Values.uniform(k, 1, TRAINED / WIDTH, WIDTH);
        Tensor g = Values.uniform(k, 2, TRAINED / WIDTH, WIDTH);
        Tensor p = k.of(start.shape(), k.download(start));
        Tensor m = k.zeros(p.shape());
        Tensor v = k.zeros(p.shape());
        Update first = new Update(1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 1, 1);
        return new Contest(
                () -> k.adamW().step(p, g, m, v, first), () -> k.download(p), peer -> peer.adamW(start, g, first));
    }
}
