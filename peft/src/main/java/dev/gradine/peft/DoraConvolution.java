package dev.gradine.peft;

import static dev.gradine.autograd.op.Conv2d.conv2d;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.div;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// DoRA over a convolution: an output channel is what a row of a matrix is.
///
/// ```
/// y = g ∘ (x ∗ W + s · (x ∗ A) ∗ B) + b      g = m / n      n[o] = ‖W[o] + s (B A)[o]‖
/// ```
///
/// In training with dropout the adapter reads x′ = drop(x), and `(x − x′) ∗ W` is added as it is: see `Dora`.
///
/// @param low the low-rank part
/// @param m trained lengths, `f32[1,O,1,1]`
/// @param n lengths computed before, or null to compute them in each pass
record DoraConvolution(
        LoraConvolution low, Param m, @Nullable Tensor n) implements ConvolutionAdapter {

    @Override
    public Var apply(Convolution base, Var x, Pass pass) {
        Tape t = x.tape();
        Var w = base.weight().on(x, pass);
        Var g = div(
                reshape(t.param(m), base.out()), t.constant(n == null ? Dora.lengths(w.value(), low, t.kernels()) : n));
        Var read = low.dropped(x, pass);
        Var z = add(conv2d(read, w, base.windows()), low.update(base, read));
        Var y = Channels.scaled(z, g, base.bias(t, pass));
        return read == x ? y : add(y, conv2d(sub(x, read), w, base.windows()));
    }

    @Override
    public SequencedMap<String, Param> params() {
        return Dora.params(low, m);
    }

    @Override
    public DoraConvolution over(UnaryOperator<Param> values) {
        return new DoraConvolution(low.over(values), values.apply(m), null);
    }

    @Override
    public DoraConvolution settled(Tensor w, Kernels run) {
        return new DoraConvolution(low, m, Dora.lasting(w, low, run));
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        return Dora.withLengths(low.merged(w, k), m, k);
    }
}
