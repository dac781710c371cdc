package dev.gradine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole numbers come back as they went in, to the ends of their type.
class WholeNumbersTest {

    @ParameterizedTest
    @CsvSource({"I64, -2147483648", "I32, 2147483647", "I16, -32768", "I8, -128", "U8, 255"})
    void what_goes_in_comes_out(DType dtype, int extreme) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = WholeNumbers.of(arena, dtype, Shape.of(3), 1, extreme, 0);
            assertThat(t.dtype()).isEqualTo(dtype);
            assertThat(WholeNumbers.values(t)).containsExactly(1, extreme, 0);
        }
    }

    @Test
    void real_types_and_other_lengths_are_refused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> WholeNumbers.of(arena, DType.F32, Shape.of(1), 1))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("whole numbers: type is F32, expected I64, I32, I16, I8 or U8");
            assertThatThrownBy(() -> WholeNumbers.of(arena, DType.I32, Shape.of(2), 1))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("whole numbers: 1 values, expected 2 for [2]");
        }
    }
}
