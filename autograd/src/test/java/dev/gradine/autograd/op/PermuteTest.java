package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Permute.permuted;
import static dev.gradine.autograd.op.Permute.transpose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `permute` against loops over indices, and what it refuses.
class PermuteTest {

    private static double[] transposed(double[] x, int rows, int columns) {
        double[] y = new double[x.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) y[j * rows + i] = x[i * columns + j];
        }
        return y;
    }

    /// `y[c,a,b] = x[a,b,c]`
    private static double[] lastFirst(double[] x, int a, int b, int c) {
        return transposed(x, a * b, c);
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void transpose_swaps_rows_and_columns(int n) {
        OpCheck check = OpCheck.of((_, v) -> transpose(v.get(0)), x -> transposed(x.get(0), 3, n), Shape.of(3, n));
        check.wide().forward(Tolerance.exact());
        check.gradients(Tolerance.slope(1, 1));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void gradients_go_back_by_the_inverse_order(int n) {
        OpCheck check =
                OpCheck.of((_, v) -> permute(v.get(0), 2, 0, 1), x -> lastFirst(x.get(0), 2, 3, n), Shape.of(2, 3, n));
        check.wide().forward(Tolerance.exact());
        check.gradients(Tolerance.slope(1, 1));
    }

    /// GPT-2's files have weights as [I,O], layers want [O,I].
    @Test
    void a_weight_of_bf16_is_turned_round_without_a_tape() {
        try (Kernels k = CpuKernels.open()) {
            Tensor w = k.empty(DType.BF16, Shape.of(2, 3));
            k.copy(k.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6), w);
            Tensor turned = permuted(k, w, 1, 0);
            assertThat(turned.dtype()).isEqualTo(DType.BF16);
            assertThat(turned.shape()).isEqualTo(Shape.of(3, 2));
            assertThat(k.download(turned)).containsExactly(1, 4, 2, 5, 3, 6);
        }
    }

    @Test
    void refuses_an_order_that_is_none() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> permute(v.get(0), 0, 0), Shape.of(2, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("permute: order is [0, 0], expected each axis of x [2, 3] once");
        assertThatThrownBy(() -> OpCheck.run((_, v) -> transpose(v.get(0)), Shape.of(2, 3, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("permute: order is [1, 0], expected each axis of x [2, 3, 4] once");
    }
}
