package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AdamWKernelTest {

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes(), IntStream.of(40_001));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void three_steps_follow_the_algorithm(int n) {
        float[] start = Cases.mild(1, n);
        start[0] = 0.5f;
        double[] p = Cases.doubles(start);
        double[] m = new double[n];
        double[] v = new double[n];
        try (Tensors t = new Tensors()) {
            Tensor param = t.of(start);
            Tensor first = t.of(new float[n]);
            Tensor second = t.of(new float[n]);
            for (int step = 1; step <= 3; step++) {
                float[] g = Cases.mild(step, n);
                g[0] = step;
                Update u = new Update(0.1f, 0.9f, 0.99f, 1e-8f, 0.05f, step, 0.7f);
                AdamWCpu.KERNEL.step(param, t.of(g), first, second, u);
                for (int i = 0; i < n; i++) step(p, m, v, i, g[i], u);
            }
            Teeth.bite(t.values(first), got -> Tolerance.elementwise(8, 1).check("m", got, m));
            Teeth.bite(t.values(second), got -> Tolerance.elementwise(8, 1).check("v", got, v));
            Teeth.bite(t.values(param), got -> Tolerance.elementwise(8, 3).check("p", got, p));
        }
    }

    private static void step(double[] p, double[] m, double[] v, int i, float grad, Update u) {
        double g = (double) u.gradScale() * grad;
        p[i] -= (double) u.lr() * u.weightDecay() * p[i];
        m[i] = u.beta1() * m[i] + (1 - (double) u.beta1()) * g;
        v[i] = u.beta2() * v[i] + (1 - (double) u.beta2()) * g * g;
        double rootBias = Math.sqrt(1 - Math.pow(u.beta2(), u.t()));
        p[i] -= u.lr() / (1 - Math.pow(u.beta1(), u.t())) * m[i] / (Math.sqrt(v[i]) / rootBias + u.eps());
    }
}
