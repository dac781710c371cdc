package dev.gradine.bench.gpu;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.LinearLogProb.linearLogProb;
import static dev.gradine.autograd.op.Mean.mean;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.bench.gpu.GpuBenchSettings.Layer;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// Layers of a model: the head with its loss, and a linear layer with an adapter.
record LayerWorks(Layer layer) {

    /// The whole logits of 8192 tokens and 128,256 entries in bf16 alone would take 2.1 GB.
    private static final Goal LOSS_MEMORY = new Goal("loss without whole logits", 1.2, Goal.Of.MEMORY);

    private static final Goal FUSED = new Goal("adapter within the product", 1.1, Goal.Of.RATIO);
    private static final float SCALE = 2; // alpha / rank

    /// Linear and cross-entropy, forward and backward, with a frozen head and one that is trained. Two products, the
    /// logits and the gradient of the hidden states; with a trained head a third.
    List<GpuWork> head(CudaKernels k) {
        Operands in = new Operands(k);
        Tensor h = in.random(DType.BF16, layer.tokens(), layer.hidden());
        Tensor w = in.random(DType.BF16, layer.vocabulary(), layer.hidden());
        Tensor targets = in.tokens(layer.tokens(), layer.vocabulary());
        double flop = 2.0 * layer.tokens() * layer.hidden() * layer.vocabulary();
        return List.of(
                head("linear + cross-entropy", k, 2 * flop, new Loss(h, w, targets, false))
                        .towards(LOSS_MEMORY),
                head("linear + cross-entropy, trained", k, 3 * flop, new Loss(h, w, targets, true)));
    }

    private static GpuWork head(String name, CudaKernels k, double flop, Loss loss) {
        Runnable run = () -> {
            try (Kernels step = k.openStep()) {
                loss.gradients(step);
            }
        };
        return GpuWork.computing(name, flop, run, () -> loss.norm(k)).allocatingIn(k);
    }

    /// Mean loss of hidden states `h`.
    private record Loss(Tensor h, Tensor w, Tensor targets, boolean isTrained) {

        Tensor[] gradients(Kernels step) {
            Tape tape = Tape.recording(step);
            Var hidden = tape.leaf(h);
            Var head = isTrained ? tape.leaf(w) : tape.param(Param.frozen("head", w));
            tape.backward(scale(mean(linearLogProb(hidden, head, targets, null)), -1));
            return isTrained ? new Tensor[] {hidden.grad(), head.grad()} : new Tensor[] {hidden.grad()};
        }

        double norm(Kernels k) {
            try (Kernels step = k.openStep()) {
                return Operands.norm(step, gradients(step));
            }
        }
    }

    /// Sizes of the linear layers in a block, `{in, out}`.
    List<int[]> linears() {
        int c = layer.hidden();
        return List.of(new int[] {c, c}, new int[] {c, layer.keys()}, new int[] {c, layer.intermediate()}, new int[] {
            layer.intermediate(), c
        });
    }

    /// A linear layer with an adapter, forward and backward, beside products and a sum one after the other.
    List<GpuWork> adapted(CudaKernels k, int i, int o) {
        Operands in = new Operands(k);
        Adapted l = new Adapted(
                k,
                in.random(DType.BF16, layer.tokens(), i),
                in.random(DType.BF16, o, i),
                in.random(DType.F32, layer.rank(), i),
                in.random(DType.F32, o, layer.rank()),
                in.random(DType.BF16, layer.tokens(), o));
        Tensor u = in.result(DType.BF16, layer.tokens(), layer.rank());
        Tensor y = in.result(DType.BF16, layer.tokens(), o);
        Tensor part = k.empty(DType.BF16, y.shape());
        Tensor du = in.result(DType.BF16, layer.tokens(), layer.rank());
        Tensor dx = in.result(DType.BF16, layer.tokens(), i);
        Tensor dPart = k.empty(DType.BF16, dx.shape());
        Tensor da = in.result(DType.F32, layer.rank(), i);
        Tensor db = in.result(DType.F32, o, layer.rank());
        l.forward(u, y);
        double base = 2.0 * layer.tokens() * i * o;
        double narrow = 2.0 * layer.tokens() * layer.rank() * (i + o);
        String name = "lora %s " + i + " to " + o;
        return List.of(
                GpuWork.computing(name.formatted("forward"), base + narrow, () -> l.forward(u, y), in.norm(u, y))
                        .insteadOf(() -> l.forwardUnfused(u, y, part))
                        .towards(FUSED),
                GpuWork.computing(
                                name.formatted("backward"),
                                base + 2 * narrow,
                                () -> l.backward(du, dx, u, da, db),
                                in.norm(dx, da, db))
                        .insteadOf(() -> l.backwardUnfused(du, dx, dPart, u, da, db))
                        .towards(FUSED));
    }

    /// `y = x Wᵀ + s · u Bᵀ`, `u = x Aᵀ` and its gradients, in two ways.
    private record Adapted(CudaKernels k, Tensor x, Tensor w, Tensor a, Tensor b, Tensor dy) {

        void forward(Tensor u, Tensor y) {
            k.lowRank().forward(x, w, a, b, SCALE, u, y);
        }

        void forwardUnfused(Tensor u, Tensor y, Tensor part) {
            k.matMul().nt(x, w, 1, false, y);
            k.matMul().nt(x, a, 1, false, u);
            k.matMul().nt(u, b, SCALE, false, part);
            k.elementwise().add(y, part, y);
        }

        void backward(Tensor du, Tensor dx, Tensor u, Tensor da, Tensor db) {
            k.lowRank().inputGradient(dy, w, a, b, SCALE, du, dx);
            parameters(du, u, da, db);
        }

        void backwardUnfused(Tensor du, Tensor dx, Tensor part, Tensor u, Tensor da, Tensor db) {
            k.matMul().nn(dy, w, 1, false, dx);
            k.matMul().nn(dy, b, SCALE, false, du);
            k.matMul().nn(du, a, 1, false, part);
            k.elementwise().add(dx, part, dx);
            parameters(du, u, da, db);
        }

        private void parameters(Tensor du, Tensor u, Tensor da, Tensor db) {
            k.matMul().tn(du, x, 1, false, da);
            k.matMul().tn(dy, u, SCALE, false, db);
        }
    }
}
