package dev.gradine.optim;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/// An objective that is no language model: fits t = w·x by least squares, on points blurred by a noise that the pass's
/// seed draws.
///
/// ```
/// L = mean over points (w·(x + noise) − t)²
/// ```
final class LineFit implements Objective<LineFit.Point> {

    /// One example.
    record Point(float x1, float x2, float t) {}

    final Param w;
    final float noise;
    float stretch = 1; // of the points of a training pass
    final List<Step> seen = new ArrayList<>();

    LineFit(Kernels run, float noise) {
        w = Param.trained("w", run.of(Shape.of(1, 2), 0.5f, 0.5f), run);
        this.noise = noise;
    }

    SequencedMap<String, Param> params() {
        return new LinkedHashMap<>(Map.of("w", w));
    }

    /// Points of t = 2 x₁ − 3 x₂.
    static List<Point> points(int n) {
        SplittableRandom rng = new SplittableRandom(7);
        List<Point> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            float a = (float) rng.nextDouble(-1, 1);
            float b = (float) rng.nextDouble(-1, 1);
            all.add(new Point(a, b, 2 * a - 3 * b));
        }
        return all;
    }

    @Override
    public double weight(Point example) {
        return 1;
    }

    @Override
    public double work(Point example) {
        return 0.5;
    }

    @Override
    public String unit() {
        return "metres";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.loss("metres²"));
    }

    @Override
    public Outcome forward(Step step, List<Point> micro, double totalWeight) {
        seen.add(step);
        SplittableRandom rng = new SplittableRandom(step.seed());
        int n = micro.size();
        float[] xs = new float[2 * n];
        float[] ts = new float[n];
        for (int i = 0; i < n; i++) {
            float blur = step.isTraining() ? noise * (float) rng.nextDouble(-1, 1) : 0;
            float by = step.isTraining() ? stretch : 1;
            xs[2 * i] = by * (micro.get(i).x1() + blur);
            xs[2 * i + 1] = by * (micro.get(i).x2() - blur);
            ts[i] = micro.get(i).t();
        }
        Tape tape = step.tape();
        Kernels k = tape.kernels();
        Var x = tape.constant(k.of(Shape.of(n, 2), xs));
        Var e = sub(matMul(tape.param(w), x), tape.constant(k.of(Shape.of(1, n), ts))); // w Xᵀ − t
        Var squares = matMul(e, e);
        MeanMetrics m = new MeanMetrics();
        m.add("loss", k.download(squares.value())[0], n);
        return new Outcome(scale(squares, (float) (1 / totalWeight)), m);
    }
}
