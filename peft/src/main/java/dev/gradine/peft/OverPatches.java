package dev.gradine.peft;

import static dev.gradine.autograd.op.Conv2d.conv2d;
import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// An adapter of linear layers over a convolution, which is a linear layer of patches.
///
/// ```
/// y[i,:,p,q] = adapter(x̂[i,p,q])      x̂[i,p,q] = the C · R · S values under a window, channel by channel
/// ```
///
/// Patches are made by a convolution, too, of each channel alone with all windows of which one value is 1: so they have
/// its stride, padding and dilation, and its gradient.
///
/// @param inner over `matrix`
/// @param matrix the convolution as a linear layer
record OverPatches(LinearAdapter inner, Linear matrix) implements ConvolutionAdapter {

    /// Whether a method of linear layers can adapt this place: a linear layer or a convolution.
    static boolean takes(Site site) {
        return site instanceof Linear || site instanceof Convolution;
    }

    /// The linear layer at a place, or what a convolution is of patches.
    ///
    /// @throws AdapterException if it has groups of channels
    static Linear linear(Site site) {
        if (site instanceof Linear l) return l;
        Convolution c = (Convolution) site;
        if (c.windows().groups() == 1) return c.matrix();
        throw new AdapterException("adapter: %s has %d groups of channels, expected one; of all methods LoRA takes more"
                .formatted(c.path(), c.windows().groups()));
    }

    /// `inner`, over the linear layer that stands for this place.
    static Adapter over(Site site, LinearAdapter inner) {
        return site instanceof Convolution ? new OverPatches(inner, linear(site)) : inner;
    }

    @Override
    public Var apply(Convolution base, Var x, Pass pass) {
        Var patches = permute(patches(base, x), 0, 2, 3, 1);
        Shape s = patches.shape();
        Var rows = reshape(patches, s.dim(0) * s.dim(1) * s.dim(2), s.dim(3));
        Var y = reshape(inner.apply(matrix, rows, pass), s.dim(0), s.dim(1), s.dim(2), base.out());
        return permute(y, 0, 3, 1, 2);
    }

    /// `f32[B, C · R · S, P, Q]`. The windows are made in each pass: C · (R · S)² values beside the
    /// B · C · R · S · P · Q that come of them, a share of R · S / (B · P · Q).
    private static Var patches(Convolution base, Var x) {
        int channels = base.channels();
        int window = base.window();
        float[] ones = new float[channels * window * window];
        for (int i = 0; i < channels * window; i++) ones[i * window + i % window] = 1;
        Tape t = x.tape();
        Shape w = base.weight().shape();
        Tensor each = t.kernels().of(Shape.of(channels * window, 1, w.dim(2), w.dim(3)), ones);
        Windows windows = base.windows();
        return conv2d(x, t.constant(each), new Windows(windows.rows(), windows.columns(), channels));
    }

    @Override
    public SequencedMap<String, Param> params() {
        return inner.params();
    }

    @Override
    public SequencedMap<String, Param> fixed() {
        return inner.fixed();
    }

    @Override
    public OverPatches over(UnaryOperator<Param> values) {
        return new OverPatches((LinearAdapter) inner.over(values), matrix);
    }

    @Override
    public OverPatches settled(Tensor w, Kernels run) {
        return new OverPatches((LinearAdapter) inner.settled(w, run), matrix);
    }

    @Override
    public OverPatches stored(Kernels run) {
        return new OverPatches((LinearAdapter) inner.stored(run), matrix);
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        return inner.merged(w.reshape(matrix.weight().shape()), k).reshape(w.shape());
    }
}
