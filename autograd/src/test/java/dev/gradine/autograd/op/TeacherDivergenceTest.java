package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.TeacherDivergence.teacherDivergence;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `teacher_divergence` against the definition, at both ends and between.
class TeacherDivergenceTest {

    private static double[] softmax(double[] z, int row, int v) {
        double[] p = new double[v];
        double largest = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (int i = 0; i < v; i++) largest = Math.max(largest, z[row * v + i]);
        for (int i = 0; i < v; i++) {
            p[i] = Math.exp(z[row * v + i] - largest);
            sum += p[i];
        }
        for (int i = 0; i < v; i++) p[i] /= sum;
        return p;
    }

    private static double kl(double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) if (p[i] > 0) sum += p[i] * Math.log(p[i] / q[i]);
        return sum;
    }

    private static double[] formula(double[] student, double[] teacher, int v, double beta) {
        double[] y = new double[student.length / v];
        for (int n = 0; n < y.length; n++) {
            double[] s = softmax(student, n, v);
            double[] t = softmax(teacher, n, v);
            double[] m = new double[v];
            for (int i = 0; i < v; i++) m[i] = beta * t[i] + (1 - beta) * s[i];
            if (beta == 0) y[n] = kl(t, s);
            else if (beta == 1) y[n] = kl(s, t);
            else y[n] = beta * kl(t, m) + (1 - beta) * kl(s, m);
        }
        return y;
    }

    private static OpCheck divergenceFrom(int v, float beta) {
        float[] teacher = Cases.plain(11, 3 * v, 2);
        return OpCheck.of(
                (t, in) -> teacherDivergence(in.get(0), t.kernels().of(Shape.of(3, v), teacher), beta),
                in -> formula(in.get(0), Cases.doubles(teacher), v, beta),
                Shape.of(3, v));
    }

    @ParameterizedTest
    @CsvSource({"7, 0", "7, 1", "7, 0.5", "65, 0", "65, 1", "65, 0.1", "17, 0.9"})
    void forward_is_the_definition(int v, float beta) {
        divergenceFrom(v, beta).forward(Tolerance.sum(v, 10));
    }

    @ParameterizedTest
    @CsvSource({"7, 0", "7, 1", "17, 0.5", "17, 0.1", "7, 0.9"})
    void gradient_is_the_slope_of_the_definition(int v, float beta) {
        divergenceFrom(v, beta).gradients(Tolerance.slope(1, 16));
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.3f, 1})
    void equal_logits_do_not_diverge_and_far_ones_stay_finite(float beta) {
        try (Kernels k = CpuKernels.open()) {
            Tape tape = Tape.noGrad(k);
            float[] z = Cases.plain(4, 65, 3);
            var same = teacherDivergence(tape.constant(k.of(Shape.of(1, 65), z)), k.of(Shape.of(1, 65), z), beta);
            assertThat(k.download(same.value())[0]).isZero();
            float[] far = {1e4f, -1e4f, 0};
            float[] other = {-1e4f, 1e4f, 0};
            var apart = teacherDivergence(tape.constant(k.of(Shape.of(1, 3), far)), k.of(Shape.of(1, 3), other), beta);
            assertThat(k.download(apart.value())[0]).isFinite().isPositive();
        }
    }

    @Test
    void refuses_a_teacher_of_other_tokens() {
        try (Kernels k = CpuKernels.open()) {
            Tape tape = Tape.noGrad(k);
            assertThatThrownBy(
                            () -> teacherDivergence(tape.constant(k.zeros(Shape.of(2, 5))), k.zeros(Shape.of(2, 6)), 1))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("teacher_divergence: teacher is [2, 6], expected [2, 5] (shape of the logits)");
        }
    }
}
