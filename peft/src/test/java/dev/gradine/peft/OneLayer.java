package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import java.util.SplittableRandom;

/// An adapter of one method over one layer without bias, for examples worked out by hand.
///
/// @param base `layers.0.up_proj`
record OneLayer(Kernels run, Linear base, LinearAdapter adapter) {

    /// @param w row by row, O × I
    static OneLayer of(Kernels run, Method method, int in, float... w) {
        Weight weight = new Weight("w", Param.frozen("w", run.of(Shape.of(w.length / in, in), w)));
        Linear base = new Linear("layers.0.up_proj", weight, null);
        Start start = new Start(run, new SplittableRandom(1), 0, Start.NO_TOKENIZER);
        return new OneLayer(run, base, (LinearAdapter) method.fresh(base, start));
    }

    /// Over a weight of zeros.
    static OneLayer zeros(Kernels run, Method method, int in, int out) {
        return of(run, method, in, new float[in * out]);
    }

    /// Over the unit matrix.
    static OneLayer unit(Kernels run, Method method, int n) {
        float[] w = new float[n * n];
        for (int i = 0; i < n; i++) w[i * n + i] = 1;
        return of(run, method, n, w);
    }

    /// With these values.
    OneLayer with(String name, float... values) {
        run.upload(values, value(name).value());
        return this;
    }

    Param value(String name) {
        Param p = adapter.params().get(name);
        if (p == null)
            throw new AssertionError("no " + name + " among " + adapter.params().keySet());
        return p;
    }

    float[] values(String name) {
        return run.download(value(name).value());
    }

    /// Of rows `x`.
    float[] output(float... x) {
        return run.download(apply(Pass.of(Tape.noGrad(run)), x).value());
    }

    /// The same in a pass of training.
    float[] trained(long seed, float... x) {
        return run.download(
                apply(Pass.of(Tape.recording(run)).training(seed), x).value());
    }

    Var apply(Pass pass, float... x) {
        Var in = pass.tape().constant(run.of(Shape.of(x.length / base.in(), base.in()), x));
        return adapter.apply(base, in, pass);
    }
}
