package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// HRA against reflections taken one after the other.
class HraTest {

    private static final int IN = 5;
    private static final int RANK = 3;

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static double[] column(float[] u, int j) {
        double[] v = new double[IN];
        for (int i = 0; i < IN; i++) v[i] = u[i * RANK + j];
        return v;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// `x − s · (v·x / v·v) v`
    private static double[] less(double[] x, double s, double[] v) {
        double f = s * dot(x, v) / dot(v, v);
        double[] y = x.clone();
        for (int i = 0; i < y.length; i++) y[i] -= f * v[i];
        return y;
    }

    /// W′ = W H₀ H₁ H₂, so what W is given of x is H₀ H₁ H₂ x: the last reflection comes first.
    @Test
    void it_reflects_at_one_plane_after_the_other() {
        float[] u = Cases.plain(1, IN * RANK, 1);
        float[] x = Cases.plain(2, IN, 1);
        double[] expected = Cases.doubles(x);
        for (int j = RANK - 1; j >= 0; j--) expected = less(expected, 2, column(u, j));
        check(new Hra(RANK, false, InitWeights.TRUE), u, x, expected);
    }

    @Test
    void gram_and_schmidts_planes_are_orthogonal() {
        float[] u = Cases.plain(3, IN * RANK, 1);
        float[] x = Cases.plain(4, IN, 1);
        double[] expected = Cases.doubles(x);
        double[][] v = new double[RANK][];
        for (int j = 0; j < RANK; j++) {
            v[j] = column(u, j);
            for (int i = 0; i < j; i++) v[j] = less(v[j], 1, v[i]);
            expected = less(expected, 2, v[j]);
        }
        check(new Hra(RANK, true, InitWeights.TRUE), u, x, expected);
    }

    private void check(Hra method, float[] u, float[] x, double[] expected) {
        OneLayer l = OneLayer.unit(run, method, IN).with("hra_u", u);
        Teeth.bite(l.output(x), y -> Tolerance.dot(IN, 4, 4).check("y", y, expected));
    }

    @Test
    void columns_begin_as_equal_pairs() {
        float[] u = OneLayer.unit(run, Hra.defaults(), IN).values("hra_u");
        for (int i = 0; i < u.length; i += 2)
            assertThat(u[i]).isEqualTo(u[i + 1]).isNotZero();
        assertThat(Hra.defaults().begins()).isEqualTo(Method.Beginning.ROUNDED);
    }

    @Test
    void an_odd_number_or_orthogonal_planes_cannot_begin_as_pairs() {
        assertThat(new Hra(3, false, InitWeights.TRUE).begins()).isEqualTo(Method.Beginning.OTHER);
        Hra orthogonal = new Hra(2, true, InitWeights.TRUE);
        assertThat(orthogonal.begins()).isEqualTo(Method.Beginning.OTHER);
        float[] u = OneLayer.unit(run, orthogonal, IN).values("hra_u");
        assertThat(u[0]).isNotEqualTo(u[1]);
    }

    @Test
    void refuses_more_orthogonal_planes_than_inputs() {
        assertThatThrownBy(() -> OneLayer.unit(run, new Hra(6, true, InitWeights.TRUE), IN))
                .isInstanceOf(AdapterException.class)
                .hasMessage("hra: rank is 6 at layers.0.up_proj, expected at most its 5 inputs (apply-gs)");
    }

    @Test
    void the_references_adapters_of_this_method_are_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("hra", "hra-gs");
    }
}
