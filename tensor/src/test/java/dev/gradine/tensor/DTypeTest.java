package dev.gradine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class DTypeTest {

    @Test
    void bytes_count_whole_blocks() {
        assertThat(DType.F32.bytes(3)).isEqualTo(12);
        assertThat(DType.BF16.bytes(3)).isEqualTo(6);
        assertThat(DType.I64.bytes(1L << 31)).isEqualTo(1L << 34);
        assertThat(DType.Q8_0.bytes(64)).isEqualTo(68);
        assertThat(DType.Q4_0.bytes(64)).isEqualTo(36);
        assertThat(DType.Q4_1.bytes(64)).isEqualTo(40);
        assertThatThrownBy(() -> DType.Q8_0.bytes(33))
                .isInstanceOf(DTypeException.class)
                .hasMessage("Q8_0: 33 values, expected a multiple of 32");
    }

    @Test
    void reals_are_the_types_that_decode_to_f32() {
        assertThat(DType.values())
                .filteredOn(DType::isReal)
                .doesNotContain(DType.I64, DType.I32, DType.I16, DType.I8, DType.U8)
                .hasSize(DType.values().length - 5);
    }

    @Test
    void a_requirement_names_op_argument_and_type() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor ids = Tensor.of(arena, Shape.of(2), 1, 2);
            DTypeException.require("index_select", "ids", ids, DType.I32);
            assertThatThrownBy(() -> DTypeException.require("index_select", "ids", ids, DType.F32))
                    .hasMessage("index_select: ids is I32, expected F32");
        }
    }
}
