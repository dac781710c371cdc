package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NonFiniteTest {

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void nan_and_both_infinities_are_found_and_the_largest_number_is_not() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            assertThat(NonFinite.first(Tensor.of(arena, Shape.of(3), 1, -2, bad)))
                    .isEqualTo(2);
        }
        assertThat(NonFinite.first(Tensor.of(arena, Shape.of(2), Float.MAX_VALUE, -Float.MAX_VALUE)))
                .isEqualTo(-1);
        assertThat(NonFinite.first(Tensor.of(arena, Shape.of(1), -1))).isEqualTo(-1);
    }

    /// 64 values: of plain types the last value, of block types a scale of the second block.
    @ParameterizedTest
    @CsvSource({
        "F16, 126, 0x7c01, 63",
        "F16, 126, 0xfbff, -1",
        "BF16, 126, 0xff80, 63",
        "BF16, 126, 0x7f7f, -1",
        "Q8_0, 34, 0x7c00, 32",
        "Q8_0, 36, 0x7c00, -1",
        "Q4_0, 18, 0x7e00, 32",
        "Q4_0, 20, 0x7e00, -1",
        "Q4_1, 20, 0xfc00, 32",
        "Q4_1, 22, 0xfc00, 32",
        "Q4_1, 24, 0xfc00, -1",
        "Q5_0, 22, 0x7c00, 32",
        "Q5_1, 26, 0x7c00, 32",
        "Q5_1, 28, 0x7c00, -1",
        "IQ4_NL, 18, 0x7c00, 32",
        "MXFP4, 17, 0x00fd, 32",
        "MXFP4, 17, 0xfffc, -1",
        "U8, 2, 0x7c00, -1"
    })
    void narrow_values_and_scales_are_read_by_their_exponent(DType dtype, int at, String bits, int found) {
        Tensor t = Tensor.zeros(arena, dtype, Shape.of(2, 32));
        t.data().set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short)
                Integer.decode(bits).intValue());
        assertThat(NonFinite.first(t)).isEqualTo(found);
    }

    /// Two blocks of 256: each place of the second where f16 numbers lie, and one beside them.
    @ParameterizedTest
    @CsvSource({
        "Q2_K, 84 80 82, 78",
        "Q3_K, 110 108, 106",
        "Q4_K, 144 0 2, 4",
        "Q5_K, 176 0 2, 4",
        "Q6_K, 210 208, 206",
        "IQ4_XS, 136 0, 2"
    })
    void scales_of_large_blocks_are_read_where_they_lie(DType dtype, String places, int beside) {
        String[] words = places.split(" ", -1);
        int block = Integer.parseInt(words[0]);
        for (int i = 1; i < words.length; i++) {
            Tensor t = Tensor.zeros(arena, dtype, Shape.of(2, 256));
            t.data().set(ValueLayout.JAVA_SHORT_UNALIGNED, block + Integer.parseInt(words[i]), (short) 0xfc00);
            assertThat(NonFinite.first(t)).isEqualTo(256);
        }
        Tensor t = Tensor.zeros(arena, dtype, Shape.of(2, 256));
        t.data().set(ValueLayout.JAVA_SHORT_UNALIGNED, block + beside, (short) 0xfc00);
        assertThat(NonFinite.first(t)).isEqualTo(-1);
    }

    @Test
    void the_first_bad_tensor_of_a_checkpoint_is_named(@TempDir Path folder) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        weights.put("a", Tensor.of(arena, Shape.of(2), 1f, 2f));
        weights.put("b", Tensor.of(arena, Shape.of(2, 2), 1, 2, 3, Float.NaN));
        weights.put("c", Tensor.of(arena, Shape.of(1), Float.NaN));
        Json.write(folder.resolve("config.json"), Map.of("model_type", "llama"));
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, weights);
        assertThatThrownBy(() -> NonFinite.requireNone(Checkpoint.open(folder, GgufBytes.LLAMA, arena)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": tensor b: value 3 of F32[2, 2] is NaN or infinite, expected finite weights");
        weights.put("b", weights.get("a"));
        weights.remove("c");
        Safetensors.write(file, weights);
        assertThatCode(() -> NonFinite.requireNone(Checkpoint.open(folder, GgufBytes.LLAMA, arena)))
                .doesNotThrowAnyException();
    }
}
