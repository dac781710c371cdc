package dev.gradine.autograd.op;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/// One op against its formula in double: the result against the formula, the gradients against the formula's slopes.
/// Each check shows that it would notice an error of 1 % and a flipped sign.
final class OpCheck {

    /// A call of the op under test, through the method its users call.
    interface Call {
        Var on(Tape tape, List<Var> inputs);
    }

    /// The same in double, without a line of the program's.
    interface Formula {
        double[] of(List<double[]> inputs);
    }

    private final Call call;
    private final Formula formula;
    private final List<Shape> shapes;
    private final List<float[]> values;

    private OpCheck(Call call, Formula formula, List<Shape> shapes, List<float[]> values) {
        this.call = call;
        this.formula = formula;
        this.shapes = shapes;
        this.values = values;
    }

    /// On inputs of the given shapes, of no magnitude above 3.
    static OpCheck of(Call call, Formula formula, Shape... shapes) {
        List<float[]> values = IntStream.range(0, shapes.length)
                .mapToObj(i -> Cases.mild(i + 1, shapes[i].size()))
                .toList();
        return new OpCheck(call, formula, List.of(shapes), values);
    }

    /// On magnitudes from 1e-30 to 1e4.
    OpCheck wide() {
        List<float[]> wide = IntStream.range(0, shapes.size())
                .mapToObj(i -> Cases.wide(i + 1, shapes.get(i).size()))
                .toList();
        return new OpCheck(call, formula, shapes, wide);
    }

    /// On other values of one input.
    OpCheck with(int input, float... replaced) {
        List<float[]> all = new ArrayList<>(values);
        all.set(input, replaced);
        return new OpCheck(call, formula, shapes, List.copyOf(all));
    }

    /// The op's result is the formula's.
    void forward(Tolerance tolerance) {
        try (Kernels run = CpuKernels.open();
                Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            float[] got = k.download(call.on(tape, leaves(tape)).value());
            double[] expected = formula.of(doubles());
            bite(got, expected, tolerance, "y");
        }
    }

    /// Every gradient is the slope of the formula.
    void gradients(Tolerance tolerance) {
        try (Kernels run = CpuKernels.open();
                Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            List<Var> leaves = leaves(tape);
            Var y = call.on(tape, leaves);
            float[] dy = Cases.plain(99, y.value().size(), 1);
            tape.backward(y, k.of(y.shape(), dy));
            for (int i = 0; i < leaves.size(); i++) {
                bite(k.download(leaves.get(i).grad()), slope(i, dy), tolerance, "gradient of input " + i);
            }
        }
    }

    private double[] slope(int input, float[] dy) {
        List<double[]> at = doubles();
        return FiniteDifference.of(
                x -> {
                    at.set(input, x);
                    return dot(dy, formula.of(at));
                },
                values.get(input));
    }

    private List<Var> leaves(Tape tape) {
        List<Var> leaves = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            leaves.add(tape.leaf(tape.kernels().of(shapes.get(i), values.get(i))));
        }
        return leaves;
    }

    private List<double[]> doubles() {
        return new ArrayList<>(values.stream().map(Cases::doubles).toList());
    }

    /// Calls the op on zeros of the given shapes: for what it refuses.
    static void run(Call call, Shape... shapes) {
        try (Kernels k = CpuKernels.open()) {
            Tape tape = Tape.recording(k);
            List<Var> leaves = new ArrayList<>();
            for (Shape s : shapes) {
                Tensor zeros = k.zeros(s);
                leaves.add(tape.leaf(zeros));
            }
            call.on(tape, leaves);
        }
    }

    /// A result that is 0 but for rounding has no sign to flip.
    private static void bite(float[] got, double[] expected, Tolerance tolerance, String what) {
        double largest = 0;
        for (double e : expected) largest = Math.max(largest, Math.abs(e));
        if (largest < 1e-2) {
            tolerance.check(what, got, expected);
        } else {
            Teeth.bite(got, g -> tolerance.check(what, g, expected));
        }
    }

    static double dot(float[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// `y[N,O] = x[N,I] w[O,I]ᵀ` in double.
    static double[] product(double[] x, double[] w, int inner) {
        int n = x.length / inner;
        int out = w.length / inner;
        double[] y = new double[n * out];
        for (int r = 0; r < n; r++) {
            for (int o = 0; o < out; o++) {
                for (int i = 0; i < inner; i++) y[r * out + o] += x[r * inner + i] * w[o * inner + i];
            }
        }
        return y;
    }

    /// The formula applied to corresponding values of two inputs.
    static Formula each(DoubleBinaryOperator f) {
        return x -> IntStream.range(0, x.get(0).length)
                .mapToDouble(i -> f.applyAsDouble(x.get(0)[i], x.get(1)[i]))
                .toArray();
    }

    /// The formula applied to each value of one input.
    static Formula map(DoubleUnaryOperator f) {
        return x -> Arrays.stream(x.get(0)).map(f).toArray();
    }
}
