package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.MatMulKernel.Nt;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Products that are computed at once, alike in size or not.
class ManyProductsTest {

    private static final int K = 96;
    private static final int N = 40;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void each_has_the_bits_that_it_has_alone(boolean byRow) {
        for (int[] rows : new int[][] {{13, 13, 13, 13, 13}, {1, 400, 2}, {7}, {}}) {
            try (Kernels run = CpuKernels.open();
                    Kernels k = byRow ? run.openStepByRow() : run.openStep()) {
                List<Nt> together = products(k, rows);
                List<Nt> alone = products(k, rows);
                k.matMul().ntEach(together);
                MatMulKernel one = k.matMul();
                for (Nt p : alone) one.nt(p.a(), p.b(), p.alpha(), p.accumulate(), p.c());
                for (int i = 0; i < rows.length; i++) {
                    assertThat(k.download(together.get(i).c()))
                            .isEqualTo(k.download(alone.get(i).c()))
                            .doesNotContain(1);
                }
            }
        }
    }

    private static List<Nt> products(Kernels k, int[] rows) {
        List<Nt> all = new ArrayList<>();
        for (int i = 0; i < rows.length; i++) {
            Tensor a = k.of(Shape.of(rows[i], K), Cases.plain(i, rows[i] * K, 1));
            Tensor b = k.of(Shape.of(N, K), Cases.plain(90 + i, N * K, 1));
            float[] ones = new float[rows[i] * N];
            Arrays.fill(ones, 1);
            all.add(new Nt(a, b, 0.5f, i % 2 == 1, k.of(Shape.of(rows[i], N), ones)));
        }
        return all;
    }
}
