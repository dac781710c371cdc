package dev.gradine.tensor.linalg;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Oracle: what was multiplied by the matrix, divided by it again.
class CholeskyTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 17, 64})
    void division_undoes_the_product(int n) {
        float[] g = Cases.plain(1, n * n, 1);
        double[][] c = new double[n][n];
        float[] flat = new float[n * n];
        for (int i = 0; i < n * n; i++) {
            for (int j = 0; j < n; j++) c[i / n][i % n] += g[i / n * n + j] * g[i % n * n + j];
            if (i / n == i % n) c[i / n][i % n] += n;
            flat[i] = (float) c[i / n][i % n];
        }
        float[] x = Cases.plain(2, 3 * n, 1);
        float[] y = new float[3 * n];
        for (int r = 0; r < 3; r++) {
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++) sum += (double) x[r * n + j] * flat[j * n + i];
                y[r * n + i] = (float) sum;
            }
        }
        Tensor root = run.of(Shape.of(n, n), flat);
        float[] back = run.download(Cholesky.of(root, run).divided(run.of(Shape.of(3, n), y), run));
        Teeth.bite(back, b -> Tolerance.sum(n, 1).times(4).check("x", b, Cases.doubles(x)));
    }

    @Test
    void a_matrix_that_is_not_positive_has_no_root() {
        assertThatThrownBy(() -> Cholesky.of(run.of(Shape.of(2, 2), 1, 2, 2, 1), run))
                .hasMessage("cholesky: c has the pivot -3.0 in row 1, expected a positive one");
    }
}
