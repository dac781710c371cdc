package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RopeKernelTest {

    private static final int[] POSITIONS = {0, 3, 3, 1, 9};
    private static final int HEADS = 3;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8, 16, 17, 32, 33})
    void forward_rotates_and_backward_rotates_back(int half) {
        int width = HEADS * 2 * half;
        float[] x = Cases.wide(1, POSITIONS.length * width);
        double[] angles = Cases.doubles(Cases.plain(2, 10 * half, 3));
        float[] cos = new float[angles.length];
        float[] sin = new float[angles.length];
        for (int i = 0; i < angles.length; i++) {
            cos[i] = (float) Math.cos(angles[i]);
            sin[i] = (float) Math.sin(angles[i]);
        }
        try (Tensors t = new Tensors()) {
            Shape shape = Shape.of(POSITIONS.length, width);
            Tensor c = t.of(Shape.of(10, half), cos);
            Tensor s = t.of(Shape.of(10, half), sin);
            Tensor y = t.of(shape, x);
            RopeCpu.KERNEL.forward(y, t.ints(POSITIONS), RopeAngles.halves(c, s), y);
            double[] expected = rotated(x, cos, sin, half, 1);
            Tolerance tolerance = Tolerance.elementwise(2, 2e4);
            Teeth.bite(t.values(y), got -> tolerance.check("y", got, expected));
            Tensor dx = t.unwritten(shape);
            RopeCpu.KERNEL.backward(t.of(shape, x), t.ints(POSITIONS), RopeAngles.halves(c, s), dx);
            double[] back = rotated(x, cos, sin, half, -1);
            Teeth.bite(t.values(dx), got -> tolerance.check("dx", got, back));
            RopeCpu.KERNEL.backward(y, t.ints(POSITIONS), RopeAngles.halves(c, s), y);
            tolerance.times(2).check("there and back", t.values(y), Cases.doubles(x));
        }
    }

    private static double[] rotated(float[] x, float[] cos, float[] sin, int half, int sign) {
        double[] y = new double[x.length];
        int width = HEADS * 2 * half;
        for (int i = 0; i < x.length; i++) {
            int within = i % (2 * half);
            int angle = POSITIONS[i / width] * half + within % half;
            double other = within < half ? -x[i + half] : x[i - half];
            y[i] = (double) x[i] * cos[angle] + sign * other * sin[angle];
        }
        return y;
    }
}
