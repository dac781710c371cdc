package dev.gradine.optim;

import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Oracle: the formula in double.
class LoraFaTest implements OptimizerContract {

    private static final double LR = 0.01;
    private static final double DECAY = 0.1;

    @Override
    public Optimizer.Settings settings() {
        return LoraFa.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(Promise.FOLLOWS_THE_LEARNING_RATE, Promise.DECOUPLES_DECAY);
    }

    @Test
    void three_steps_are_those_of_the_formula() {
        LoraFa numbers = new LoraFa(new Moments(0.8, 0.95, 0.1)); // an eps that shows
        float[] start = Vectors.start();
        double[] p = new double[start.length];
        double[] m = new double[start.length];
        double[] v = new double[start.length];
        for (int i = 0; i < p.length; i++) p[i] = start[i];
        try (Vectors vectors = new Vectors(numbers, DECAY)) {
            for (int t = 1; t <= 3; t++) {
                float[] g = vectors.gradients(t, 1);
                vectors.step(t, LR, 0.5);
                double size = LR * Math.sqrt(1 - Math.pow(0.95, t)) / (1 - Math.pow(0.8, t));
                for (int i = 0; i < p.length; i++) {
                    m[i] = 0.8 * m[i] + 0.2 * 0.5 * g[i];
                    v[i] = 0.95 * v[i] + 0.05 * 0.25 * g[i] * g[i];
                    p[i] -= size * m[i] / (Math.sqrt(v[i]) + 0.1);
                    p[i] *= 1 - LR * DECAY;
                }
            }
            Teeth.bite(vectors.values(), x -> Tolerance.elementwise(16, 2).check("p", x, p));
        }
    }
}
