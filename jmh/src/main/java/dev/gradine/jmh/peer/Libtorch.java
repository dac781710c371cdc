package dev.gradine.jmh.peer;

import static org.bytedeco.openblas.presets.openblas_nolapack.blas_set_num_threads;

import dev.gradine.bench.Peer;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// libtorch, as the PyTorch preset of Bytedeco brings it: its own vector kernels, OpenBLAS for products.
///
/// Each work is written as a user of PyTorch would, but into memory that is there already where PyTorch offers that.
public final class Libtorch implements Peer {

    private int threads = 1;

    /// Loads the library, which takes a second or two.
    public Libtorch() {
        threads(torch.get_num_threads());
    }

    @Override
    public String name() {
        return "libtorch " + torch.class.getPackage().getImplementationVersion();
    }

    @Override
    public void threads(int n) {
        threads = n;
        torch.set_num_threads(n);
        blas_set_num_threads(n);
    }

    @Override
    public Job matMulNt(dev.gradine.tensor.Tensor x, dev.gradine.tensor.Tensor w) {
        Tensor a = Operands.constant(x);
        Tensor b = Operands.constant(w);
        Tensor bt = b.t();
        Tensor y = torch.empty(x.shape().dim(0), w.shape().dim(0));
        return new TorchJob(() -> List.of(torch.mm_out(y, a, bt)), List.of(a, b, bt, y));
    }

    /// OpenBLAS stays on one thread, for libtorch calls it from within threads of its own.
    @Override
    public Job attention(
            dev.gradine.tensor.Tensor q,
            dev.gradine.tensor.Tensor k,
            dev.gradine.tensor.Tensor v,
            dev.gradine.tensor.Tensor dy,
            AttentionSpec spec) {
        Tensor query = Operands.leaf(q);
        Tensor key = Operands.leaf(k);
        Tensor value = Operands.leaf(v);
        Tensor up = Operands.constant(dy);
        long n = q.shape().dim(0);
        blas_set_num_threads(1);
        TorchJob.Work work = () -> {
            Tensor y = torch.scaled_dot_product_attention(
                            byHead(query, spec.heads(), spec.headDim()),
                            byHead(key, spec.kvHeads(), spec.headDim()),
                            byHead(value, spec.kvHeads(), spec.headDim()),
                            new TensorOptional(),
                            0,
                            true,
                            new DoubleOptional(spec.scale()),
                            true)
                    .transpose(1, 2)
                    .reshape(n, -1);
            return Operands.withGradients(y, up, query, key, value);
        };
        return new TorchJob(work, List.of(query, key, value, up), () -> blas_set_num_threads(threads));
    }

    private static Tensor byHead(Tensor x, long heads, long headDim) {
        return x.view(1, x.size(0), heads, headDim).transpose(1, 2);
    }

    @Override
    public Job linearCrossEntropy(
            dev.gradine.tensor.Tensor h, dev.gradine.tensor.Tensor w, dev.gradine.tensor.Tensor targets) {
        Tensor hidden = Operands.leaf(h);
        Tensor head = Operands.constant(w);
        Tensor ids = Operands.ids(targets);
        Tensor one = torch.ones();
        return new TorchJob(
                () -> Operands.withGradients(torch.cross_entropy_loss(torch.linear(hidden, head), ids), one, hidden),
                List.of(hidden, head, ids, one));
    }

    @Override
    public Job rmsNorm(
            dev.gradine.tensor.Tensor x, dev.gradine.tensor.Tensor w, float eps, dev.gradine.tensor.Tensor dy) {
        Tensor in = Operands.leaf(x);
        Tensor weight = Operands.constant(w);
        Tensor up = Operands.constant(dy);
        long[] last = {w.size()};
        return new TorchJob(
                () -> Operands.withGradients(
                        torch.rms_norm(in, last, new TensorOptional(weight), new DoubleOptional(eps)), up, in),
                List.of(in, weight, up));
    }

    @Override
    public Job swiGlu(dev.gradine.tensor.Tensor gate, dev.gradine.tensor.Tensor up, dev.gradine.tensor.Tensor dy) {
        Tensor g = Operands.leaf(gate);
        Tensor u = Operands.leaf(up);
        Tensor dOut = Operands.constant(dy);
        return new TorchJob(() -> Operands.withGradients(torch.silu(g).mul(u), dOut, g, u), List.of(g, u, dOut));
    }

    @Override
    public Job add(dev.gradine.tensor.Tensor a, dev.gradine.tensor.Tensor b) {
        Tensor x = Operands.constant(a);
        Tensor z = Operands.constant(b);
        Tensor y = torch.empty_like(x);
        return new TorchJob(() -> List.of(torch.add_out(y, x, z)), List.of(x, z, y));
    }

    @Override
    public Job adamW(dev.gradine.tensor.Tensor p, dev.gradine.tensor.Tensor g, Update update) {
        Tensor param = Operands.leaf(p);
        Tensor grad = Operands.constant(g);
        param.mutable_grad().put(grad);
        AdamWOptions options = new AdamWOptions(update.lr());
        options.weight_decay().put(update.weightDecay());
        options.eps().put(update.eps());
        options.betas().put(update.beta1(), update.beta2());
        AdamW optimizer = new AdamW(new TensorVector(param), options);
        return new TorchJob(
                () -> {
                    optimizer.step();
                    return List.of(param);
                },
                List.of(param, grad),
                optimizer::close);
    }
}
