package dev.gradine.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A map says what the copy engine will read, and refuses what it would not take, by name.
class TensorMapTest {

    private static TensorMap map(long address, List<Long> sizes, List<Long> strides, List<Integer> box, int swizzle) {
        return new TensorMap(address, DType.BF16, sizes, strides, box, swizzle);
    }

    @Test
    void a_matrix_has_its_columns_first() {
        try (Kernels cpu = CpuKernels.open()) {
            Tensor t = cpu.empty(DType.BF16, Shape.of(5, 72));
            TensorMap map = TensorMap.matrix(t, 128, 64);
            assertThat(map.sizes()).containsExactly(72L, 5L);
            assertThat(map.strides()).containsExactly(144L);
            assertThat(map.box()).containsExactly(64, 128);
            assertThat(map.address()).isEqualTo(t.data().address());
            Tensor odd = cpu.empty(DType.BF16, Shape.of(5, 71));
            assertThatThrownBy(() -> TensorMap.matrix(odd, 128, 64))
                    .hasMessage("tensor_map: stride is 142, expected a multiple of 16 bytes below 2^40");
        }
    }

    @Test
    void what_the_copy_engine_does_not_take_is_named() {
        List<Long> sizes = List.of(64L, 4L);
        List<Long> strides = List.of(128L);
        List<Integer> box = List.of(64, 4);
        refused(() -> map(8, sizes, strides, box, 128), "address is 8");
        refused(() -> map(0, List.of(), List.of(), List.of(), 0), "dimensions is 0");
        refused(() -> map(0, sizes, List.of(), box, 128), "strides is []");
        refused(() -> map(0, sizes, strides, List.of(64), 128), "box is [64]");
        refused(() -> map(0, sizes, strides, List.of(64, 257), 128), "box is 257");
        refused(() -> map(0, sizes, strides, List.of(128, 4), 128), "expected rows of at most 128 bytes");
        refused(() -> map(0, sizes, strides, List.of(4, 4), 128), "expected rows of multiples of 16 bytes");
        refused(() -> map(0, sizes, strides, box, 100), "swizzle is 100");
        refused(() -> map(0, List.of(0L, 4L), strides, box, 128), "size is 0");
    }

    private static void refused(Runnable make, String text) {
        assertThatThrownBy(make::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("tensor_map: ")
                .hasMessageContaining(text);
    }
}
