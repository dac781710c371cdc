package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The fused low-rank layer against its three products: the same chain of multiply-adds, so the same bits.
class LowRankKernelTest {

    @ParameterizedTest
    @CsvSource({
        "1,40,24,4",
        "7,40,24,4",
        "150,600,200,16",
        "250,600,200,16",
        "250,1700,700,16",
        "500,100,2000,7",
        "771,576,40,32",
        "400,70,1100,100",
        "200,64,64,900"
    })
    void fused_products_are_bit_for_bit_the_separate_ones(int n, int in, int out, int rank) {
        try (Kernels k = CpuKernels.open()) {
            Tensor x = random(k, 1, n, in);
            Tensor w = random(k, 2, out, in);
            Tensor a = random(k, 3, rank, in);
            Tensor b = random(k, 4, out, rank);
            Tensor dy = random(k, 5, n, out);
            Tensor u = k.empty(Shape.of(n, rank));
            Tensor y = k.empty(Shape.of(n, out));
            Tensor du = k.empty(Shape.of(n, rank));
            Tensor dx = k.empty(Shape.of(n, in));
            k.lowRank().forward(x, w, a, b, 0.75f, u, y);
            k.lowRank().inputGradient(dy, w, a, b, 0.75f, du, dx);
            Tensor y2 = k.empty(y.shape());
            Tensor u2 = k.empty(u.shape());
            Tensor du2 = k.empty(du.shape());
            Tensor dx2 = k.empty(dx.shape());
            k.matMul().nt(x, a, 1, false, u2);
            k.matMul().nt(x, w, 1, false, y2);
            k.matMul().nt(u2, b, 0.75f, true, y2);
            k.matMul().nn(dy, b, 1, false, du2);
            k.elementwise().scale(du2, 0.75f, du2);
            k.matMul().nn(dy, w, 1, false, dx2);
            k.matMul().nn(du2, a, 1, true, dx2);
            assertThat(k.download(u)).isEqualTo(k.download(u2));
            assertThat(k.download(y)).isEqualTo(k.download(y2));
            assertThat(k.download(du)).isEqualTo(k.download(du2));
            assertThat(k.download(dx)).isEqualTo(k.download(dx2));
            k.matMul().nt(u2, b, 0.01f, true, y2); // one percent more of the update
            assertThat(k.download(y)).isNotEqualTo(k.download(y2));
        }
    }

    private static Tensor random(Kernels k, int seed, int rows, int columns) {
        return k.of(Shape.of(rows, columns), Cases.plain(seed, rows * columns, 1));
    }
}
