package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GgufBlocksTest {

    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
    }

    /// f16 1.0 is 00 3c; 0.5 is 00 38; −1.0 is 00 bc.
    @Test
    void q8_0_counts_in_steps_of_the_largest_over_127() {
        float[] x = new float[32];
        x[0] = -127;
        x[1] = 63.5f; // halves go away from 0
        x[2] = -0.5f;
        x[3] = 0.49f;
        byte[] want = new byte[34];
        want[1] = 0x3c;
        want[2] = -127;
        want[3] = 64;
        want[4] = -1;
        assertThat(rounded(x, DType.Q8_0)).isEqualTo(want);
    }

    @Test
    void q4_0_puts_the_greatest_at_minus_8() {
        float[] x = new float[32];
        x[0] = 8; // d = 8 / −8 = −1, so 8 is code 0 and 0 is code 8
        x[1] = -8; // would be code 16, is 15
        x[16] = 3;
        x[17] = 0.5f; // −0.5 + 8.5 = 8
        byte[] want = new byte[18];
        want[1] = (byte) 0xbc;
        Arrays.fill(want, 2, 18, (byte) 0x88);
        want[2] = 0x50; // high nibble: −3 + 8 = 5
        want[3] = (byte) 0x8f;
        assertThat(rounded(x, DType.Q4_0)).isEqualTo(want);
    }

    @Test
    void q4_1_counts_15_steps_from_the_smallest() {
        float[] x = new float[32];
        Arrays.fill(x, 1);
        x[0] = 0.5f;
        x[16] = 8; // d = 7.5 / 15 = 0.5
        x[31] = 4.2f; // 7.4 steps
        byte[] want = new byte[20];
        want[1] = 0x38;
        want[3] = 0x38;
        Arrays.fill(want, 4, 20, (byte) 0x11);
        want[4] = (byte) 0xf0;
        want[19] = 0x71;
        assertThat(rounded(x, DType.Q4_1)).isEqualTo(want);
    }

    @Test
    void halves_round_to_even() {
        assertThat(rounded(new float[] {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, -2}, DType.BF16))
                .isEqualTo(new byte[] {(byte) 0x80, 0x3f, (byte) 0x82, 0x3f, 0, (byte) 0xc0});
        assertThat(rounded(new float[] {1 + 0x1p-11f, 1 + 3 * 0x1p-11f, 65504}, DType.F16))
                .isEqualTo(new byte[] {0, 0x3c, 2, 0x3c, (byte) 0xff, 0x7b});
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0", "Q4_1", "F16", "BF16"})
    void zeros_stay_zeros(DType type) {
        Tensor z = GgufBlocks.of(Tensor.of(arena, Shape.of(64), new float[64]), type, arena);
        byte[] codes = type == DType.Q4_0 ? Bytes.of(z) : new byte[0]; // its zero is code 8
        assertThat(NonFinite.first(z)).isEqualTo(-1);
        if (codes.length == 0) assertThat(Bytes.of(z)).containsOnly(0);
        else assertThat(codes[2]).isEqualTo((byte) 0x88);
    }

    @Test
    void what_f16_has_no_room_for_is_refused() {
        Tensor large = Tensor.of(arena, Shape.of(1), 70000f);
        assertThatThrownBy(() -> GgufBlocks.of(large, DType.F16, arena))
                .isInstanceOf(DTypeException.class)
                .hasMessage("round: 70000.0 is too large for F16, expected at most 65504; BF16 has room for it");
    }

    private byte[] rounded(float[] x, DType type) {
        return Bytes.of(GgufBlocks.of(Tensor.of(arena, Shape.of(x.length), x), type, arena));
    }
}
