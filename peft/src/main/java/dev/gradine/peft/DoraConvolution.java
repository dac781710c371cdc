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
import dev.gradine.tensor.Shape;
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

    /// A fresh adapter: m are the lengths of the base.
    static DoraConvolution over(Convolution base, LoraConvolution low, Start start) {
        Tensor n = lasting(base.weight().param().value(), low, start.run());
        Tensor m = n.reshape(Shape.of(1, base.out(), 1, 1));
        return new DoraConvolution(low, Param.trained(base.path() + ".lora_magnitude_vector", m, start.run()), null);
    }

    @Override
    public Var apply(Convolution base, Var x, Pass pass) {
        Tape t = x.tape();
        Var w = base.weight().on(x, pass);
        Var g = div(reshape(t.param(m), base.out()), t.constant(n == null ? lengths(w.value(), low, t.kernels()) : n));
        Var read = low.dropped(x, pass);
        Var z = add(conv2d(read, w, base.windows()), low.update(base, read));
        Var y = Channels.scaled(z, g, base.bias(t, pass));
        return read == x ? y : add(y, conv2d(sub(x, read), w, base.windows()));
    }

    /// n, `f32[O]` in the lifetime `run`.
    private static Tensor lasting(Tensor w, LoraConvolution low, Kernels run) {
        Tensor n = run.empty(Shape.of(w.shape().dim(0)));
        try (Kernels k = run.openStep()) {
            run.copy(lengths(w, low, k), n);
        }
        return n;
    }

    /// The same in the memory of `k`.
    private static Tensor lengths(Tensor w, LoraConvolution low, Kernels k) {
        Tensor copy = k.empty(w.shape());
        k.copy(w, copy);
        int out = w.shape().dim(0);
        return Dora.lengths(low.merged(copy, k).reshape(Shape.of(out, w.size() / out)), true, k);
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
        return new DoraConvolution(low, m, lasting(w, low, run));
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Tensor v = low.merged(w, k);
        Tensor rows = v.reshape(Shape.of(v.shape().dim(0), v.size() / v.shape().dim(0)));
        Tensor g = Dora.gain(rows, m, true, k);
        k.elementwise().scaleRows(rows, g, rows);
        return v;
    }
}
