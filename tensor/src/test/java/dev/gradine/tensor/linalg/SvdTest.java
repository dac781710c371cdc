package dev.gradine.tensor.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Oracles: the product of the parts, their orthogonality, and values known by hand.
class SvdTest {

    private static final Tolerance ROUNDED = new Tolerance(2e-6, 1e-6, "parts rounded to f32, sums of a few of them");

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private Tensor random(int seed, int rows, int columns) {
        return run.of(Shape.of(rows, columns), Cases.plain(seed, rows * columns, 1));
    }

    /// `diag(s)` of n values that halve, between random orthogonal matrices.
    private Tensor halving(int rows, int columns, int n) {
        float[] left = run.download(Qr.thin(random(1, rows, n), run).q());
        float[] right = run.download(Qr.thin(random(2, columns, n), run).q());
        float[] m = new float[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int s = 0; s < n; s++) sum += Math.pow(0.5, s) * left[i * n + s] * right[j * n + s];
                m[i * columns + j] = (float) sum;
            }
        }
        return run.of(Shape.of(rows, columns), m);
    }

    private float[] product(Svd d) {
        float[] u = run.download(d.u());
        float[] s = run.download(d.s());
        float[] vt = run.download(d.vt());
        int n = d.vt().shape().dim(1);
        float[] m = new float[d.u().shape().dim(0) * n];
        for (int i = 0; i < m.length; i++) {
            double sum = 0;
            for (int c = 0; c < s.length; c++) sum += (double) u[i / n * s.length + c] * s[c] * vt[c * n + i % n];
            m[i] = (float) sum;
        }
        return m;
    }

    /// Largest deviation of `XᵀX` from 1, for the rows of `vt`.
    private double skewness(Tensor vt) {
        float[] x = run.download(vt);
        int rows = vt.shape().dim(0);
        int n = vt.shape().dim(1);
        double worst = 0;
        for (int a = 0; a < rows; a++) {
            for (int b = 0; b < rows; b++) {
                double sum = a == b ? -1 : 0;
                for (int i = 0; i < n; i++) sum += (double) x[a * n + i] * x[b * n + i];
                worst = Math.max(worst, Math.abs(sum));
            }
        }
        return worst;
    }

    private Tensor transposed(Tensor t) {
        float[] x = run.download(t);
        int rows = t.shape().dim(0);
        int n = t.shape().dim(1);
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) y[i % n * rows + i / n] = x[i];
        return run.of(Shape.of(n, rows), y);
    }

    private void requireOrthogonal(Svd d) {
        assertThat(skewness(d.vt())).isLessThan(1e-6);
        assertThat(skewness(transposed(d.u()))).isLessThan(1e-6);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "7,7", "9,4", "4,9", "64,176", "33,32"})
    void the_parts_are_orthogonal_and_multiply_to_the_matrix(int rows, int columns) {
        Tensor m = random(3, rows, columns);
        Svd d = Svd.thin(m, run);
        Teeth.bite(product(d), p -> ROUNDED.times(4).check("product", p, Cases.doubles(run.download(m))));
        requireOrthogonal(d);
        assertThat(run.download(d.s())).isSortedAccordingTo((a, b) -> Float.compare(b, a));
    }

    @Test
    void values_are_those_worked_by_hand() {
        Svd d = Svd.thin(run.of(Shape.of(2, 2), 3, 1, 1, 2), run);
        Teeth.bite(run.download(d.s()), s -> ROUNDED.check("s", s, new double[] {(5 + Math.sqrt(5)) / 2, 1.381966011}));
    }

    @Test
    void a_matrix_of_lower_rank_still_has_orthogonal_parts() {
        Svd d = Svd.thin(halving(20, 30, 3), run);
        requireOrthogonal(d);
        float[] s = run.download(d.s());
        assertThat(s[2]).isCloseTo(0.25f, org.assertj.core.data.Offset.offset(1e-6f));
        assertThat(s[3]).isLessThan(1e-6f); // what rounding the matrix to f32 left
        assertThat(run.download(Svd.thin(run.zeros(Shape.of(4, 3)), run).s())).containsOnly(0);
        requireOrthogonal(Svd.thin(run.zeros(Shape.of(4, 3)), run));
    }

    @Test
    void of_a_large_matrix_the_leading_part_is_the_exact_one() {
        Tensor m = halving(400, 300, 24);
        float[] exact = product(Svd.leading(Svd.thin(m, run).vt(), 0, run)); // nothing is asked for
        assertThat(exact).containsOnly(0);
        Svd leading = Svd.leading(m, 5, run);
        requireOrthogonal(leading);
        float[] s = run.download(leading.s());
        for (int i = 0; i < 5; i++) ROUNDED.check("s " + i, s[i], Math.pow(0.5, i));
        Svd all = Svd.thin(m, run);
        Svd five = new Svd(columns(all.u(), 5), columns(all.s(), 5), all.vt().rows(0, 5));
        Teeth.bite(product(leading), p -> ROUNDED.check("leading", p, Cases.doubles(product(five))));
    }

    /// Of a large matrix by iterations with its inverse, of one without inverse exactly.
    @ParameterizedTest
    @CsvSource({"270,260,true", "258,290,true", "9,4,true", "300,270,false"})
    void the_trailing_part_is_the_exact_one(int rows, int columns, boolean full) {
        Tensor m = full ? spread(rows, columns) : halving(rows, columns, 5);
        Svd trailing = Svd.trailing(m, 3, run);
        requireOrthogonal(trailing);
        float[] s = run.download(trailing.s());
        float[] all = run.download(Svd.thin(m, run).s());
        for (int i = 0; i < 3; i++) ROUNDED.check("s " + i, s[i], all[all.length - 3 + i]);
        Tensor image = run.empty(Shape.of(3, rows));
        run.matMul().nt(trailing.vt(), m, 1, false, image); // (M v)ᵀ = s uᵀ
        float[] u = run.download(transposed(trailing.u()));
        double[] expected = new double[u.length];
        for (int i = 0; i < u.length; i++) expected[i] = u[i] * s[i / rows];
        Tolerance iterated = new Tolerance(1e-4, 0, "vectors settle half as fast as values");
        iterated.check("M v", run.download(image), expected);
    }

    /// A random matrix, of which a few values are much smaller than the others.
    private Tensor spread(int rows, int columns) {
        float[] x = Cases.plain(4, rows * columns, 1);
        for (int i = 0; i < x.length; i++) if (i % columns < 4) x[i] *= (float) (0.02 * (1 + i % columns));
        return run.of(Shape.of(rows, columns), x);
    }

    private Tensor columns(Tensor t, int n) {
        float[] x = run.download(t);
        int width = t.shape().last();
        int rows = t.shape().rank() == 1 ? 1 : t.shape().dim(0);
        float[] y = new float[rows * n];
        for (int i = 0; i < y.length; i++) y[i] = x[i / n * width + i % n];
        return run.of(t.shape().rank() == 1 ? Shape.of(n) : Shape.of(rows, n), y);
    }

    @Test
    void random_directions_find_a_matrix_of_their_rank_and_iterations_improve_them() {
        Tensor m = halving(60, 50, 6);
        Svd six = Svd.randomised(m, 6, 0, new SplittableRandom(1), run);
        Teeth.bite(product(six), p -> ROUNDED.times(4).check("rank 6", p, Cases.doubles(run.download(m))));
        double rough = run.download(
                        Svd.randomised(m, 2, 0, new SplittableRandom(1), run).s())[0];
        double fine = run.download(
                        Svd.randomised(m, 2, 4, new SplittableRandom(1), run).s())[0];
        assertThat(Math.abs(fine - 1)).isLessThan(Math.abs(rough - 1));
    }

    @ParameterizedTest
    @CsvSource({"12,5,9", "5,8,20", "20,8,5", "4,9,4"})
    void of_a_product_it_is_that_of_the_matrix(int rows, int inner, int columns) {
        Tensor b = random(5, rows, inner);
        Tensor a = random(6, inner, columns);
        Tensor m = run.empty(Shape.of(rows, columns));
        run.matMul().nn(b, a, 1, false, m);
        Svd d = Svd.ofProduct(b, a, run);
        Teeth.bite(product(d), p -> ROUNDED.times(8).check("product", p, Cases.doubles(run.download(m))));
        requireOrthogonal(d);
    }

    @Test
    void the_same_matrix_gives_the_same_signs() {
        Svd d = Svd.thin(random(3, 9, 4), run);
        float[] u = run.download(d.u());
        for (int c = 0; c < 4; c++) {
            float largest = 0;
            for (int i = c; i < u.length; i += 4) if (Math.abs(u[i]) > Math.abs(largest)) largest = u[i];
            assertThat(largest).isPositive();
        }
    }

    @Test
    void qr_has_the_signs_of_lapack() {
        Qr qr = Qr.thin(run.of(Shape.of(2, 2), 3, 1, 1, 2), run);
        double h = Math.sqrt(10);
        Teeth.bite(run.download(qr.q()), q -> ROUNDED.check("q", q, new double[] {-3 / h, -1 / h, -1 / h, 3 / h}));
        Teeth.bite(run.download(qr.r()), r -> ROUNDED.check("r", r, new double[] {-h, -5 / h, 0, 5 / h}));
    }

    @Test
    void a_value_that_is_not_finite_is_refused() {
        assertThatThrownBy(() -> Svd.thin(run.of(Shape.of(1, 2), 1, Float.NaN), run))
                .hasMessage("svd: m has a value that is not finite, expected finite ones");
    }
}
