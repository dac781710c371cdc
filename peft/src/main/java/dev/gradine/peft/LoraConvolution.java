package dev.gradine.peft;

import static dev.gradine.autograd.op.Conv2d.conv2d;
import static dev.gradine.autograd.op.Dropout.dropout;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// Low-rank adapter over a frozen convolution: one with the base's window to R channels, and one of 1×1 back.
///
/// ```
/// y = x ∗ W + b + s · (x ∗ A) ∗ B       W′[o,c,:,:] = W[o,c,:,:] + s Σ_k B[o,k] A[k,c,:,:]
/// ```
///
/// As PEFT has it; the name LoCon is older (LyCORIS, arXiv:2309.14859). A reads all channels, also where the base has
/// groups; B has the base's groups.
///
/// @param a trained, `f32[R,C,·,·]`
/// @param b trained, `f32[O,R/groups,1,1]`
/// @param s scale
/// @param p probability of dropping a value of x in training
/// @param index number of this adapter in its model, so that no two draw the same mask
record LoraConvolution(Param a, Param b, float s, float p, int index) implements ConvolutionAdapter {

    /// A fresh adapter, which begins as one over the linear layer that it is of patches.
    ///
    /// @throws AdapterException if the factors begin as parts of the weight, or groups cannot share the rank
    static LoraConvolution over(Convolution base, Lora how, Start start) {
        int rank = how.rank(base.path());
        int groups = base.windows().groups();
        LoraInit init = how.details().initLoraWeights();
        if (!(init instanceof LoraInit.Plain) || (groups > 1 && init != LoraInit.Plain.TRUE)) {
            throw new AdapterException("lora: init-lora-weights is %s at %s, expected true%s: it is a convolution"
                    .formatted(init.peft(), base.path(), groups > 1 ? "" : ", false, gaussian or orthogonal"));
        }
        if (rank % groups != 0) {
            throw new AdapterException("lora: rank is %d at %s, expected a multiple of its %d groups"
                    .formatted(rank, base.path(), groups));
        }
        Shape w = base.weight().shape();
        NamedParams.Builder params = start.params(base);
        if (groups > 1) {
            params.kaiming(LoraLinear.A, rank, base.channels(), w.dim(2), w.dim(3));
            params.zeros(LoraLinear.B, base.out(), rank / groups, 1, 1);
        } else {
            LoraInit.Factors f = init.factors(new LoraInit.Place(base.matrix(), rank, how.scale(base.path()), start));
            params.trained(LoraLinear.A, f.a().reshape(Shape.of(rank, base.channels(), w.dim(2), w.dim(3))));
            params.trained(LoraLinear.B, f.b().reshape(Shape.of(base.out(), rank, 1, 1)));
        }
        NamedParams made = params.build();
        return new LoraConvolution(
                made.get(LoraLinear.A), made.get(LoraLinear.B), how.scale(base.path()), how.dropout(), start.number());
    }

    @Override
    public Var apply(Convolution base, Var x, Pass pass) {
        return add(base.base(x, pass), update(base, dropped(x, pass)));
    }

    /// `s · (x ∗ A) ∗ B`
    Var update(Convolution base, Var x) {
        Windows w = base.windows();
        Var low = conv2d(x, x.tape().param(a), new Windows(w.rows(), w.columns(), 1));
        Var high = conv2d(low, x.tape().param(b), new Windows(Axis.PLAIN, Axis.PLAIN, w.groups()));
        return scale(high, s);
    }

    /// What is read of x in this pass.
    Var dropped(Var x, Pass pass) {
        return pass.isTraining() && p > 0 ? dropout(x, p, LoraLinear.seed(pass.seed(), index)) : x;
    }

    @Override
    public LoraConvolution over(UnaryOperator<Param> values) {
        return new LoraConvolution(values.apply(a), values.apply(b), s, p, index);
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        int out = w.shape().dim(0);
        int rank = a.value().shape().dim(0);
        Tensor low = a.value().reshape(Shape.of(rank, w.size() / out));
        k.matMul().nn(b.value().reshape(Shape.of(out, rank)), low, s, true, w.reshape(Shape.of(out, w.size() / out)));
        return w;
    }

    @Override
    public SequencedMap<String, Param> params() {
        SequencedMap<String, Param> m = new LinkedHashMap<>();
        m.put(LoraLinear.A, a);
        m.put(LoraLinear.B, b);
        return m;
    }
}
