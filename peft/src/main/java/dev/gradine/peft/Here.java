package dev.gradine.peft;

import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;

/// What the formula of an adapter reads at its place, in one pass.
///
/// @param tape where the formula is computed
/// @param values the adapter's values
/// @param weight of the layer, `f32[O,I]` or a coded type
/// @param seed of masks, in training; 0 otherwise
/// @param training whether masks are drawn
public record Here(Tape tape, NamedParams values, Tensor weight, long seed, boolean training) {

    static Here in(Pass pass, Var x, Linear base, NamedParams values, int number) {
        Tensor w = base.weight(x, pass).value();
        return new Here(x.tape(), values, w, LoraLinear.seed(pass.seed(), number), pass.isTraining());
    }

    /// Of a weight alone, in evaluation.
    static Here merging(Tensor weight, NamedParams values, Kernels k) {
        return new Here(Tape.noGrad(k), values, weight, 0, false);
    }

    /// A value of the adapter.
    public Var get(String name) {
        return tape.param(values.get(name));
    }

    /// The same as one row, `f32[n]`.
    public Var flat(String name) {
        return reshape(get(name), values.get(name).value().size());
    }

    /// The layer's weight, without gradient, `f32[O,I]`.
    public Var base() {
        Tensor f32 = tape.kernels().empty(weight.shape());
        tape.kernels().copy(weight, f32);
        return tape.constant(f32);
    }

    /// Number of inputs I.
    public int in() {
        return weight.shape().dim(1);
    }

    /// Number of outputs O.
    public int out() {
        return weight.shape().dim(0);
    }

    /// Number of values of that name.
    public int size(String name) {
        return values.get(name).value().size();
    }

    /// Nothing but zeros, `f32[n,m]`, without gradient.
    public Var zeros(int n, int m) {
        return tape.constant(tape.kernels().zeros(Shape.of(n, m)));
    }

    /// The unit matrix, `f32[n,n]`, without gradient.
    public Var unit(int n) {
        return unit(tape, n);
    }

    static Var unit(Tape tape, int n) {
        float[] ones = new float[Math.multiplyExact(n, n)];
        for (int i = 0; i < n; i++) ones[i * n + i] = 1;
        return tape.constant(tape.kernels().of(Shape.of(n, n), ones));
    }
}
