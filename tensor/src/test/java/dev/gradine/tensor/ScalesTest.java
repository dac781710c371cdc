package dev.gradine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ScalesTest {

    private static Tensor nf4(Arena arena, int rows, int columns, int block) {
        int n = rows * columns;
        Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of((n + 1) / 2));
        for (int i = 0; i < codes.size(); i++) codes.data().set(ValueLayout.JAVA_BYTE, i, (byte) i);
        float[] magnitudes = new float[Math.ceilDiv(n, block)];
        for (int b = 0; b < magnitudes.length; b++) magnitudes[b] = b + 1;
        Scales scales = new Scales(Tensor.of(arena, Shape.of(magnitudes.length), magnitudes), block);
        return Tensor.coded(codes, DType.NF4, Shape.of(rows, columns), scales);
    }

    @Test
    void codes_and_magnitudes_are_cut_together() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = nf4(arena, 6, 96, 64);
            Tensor cut = t.rows(2, 4);
            assertThat(cut).hasToString("NF4[2, 96]");
            assertThat(cut.bytes()).isEqualTo(96);
            assertThat(cut.data().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 96);
            assertThat(cut.scales().magnitudes().data().toArray(ValueLayout.JAVA_FLOAT))
                    .containsExactly(4, 5, 6);
            assertThat(t.rows(4, 6).scales().magnitudes().size()).isEqualTo(3);
            assertThat(t.reshape(Shape.of(96, 6)).scales()).isSameAs(t.scales());
        }
    }

    @Test
    void a_cut_within_a_block_is_refused() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = nf4(arena, 6, 96, 64);
            assertThatThrownBy(() -> t.rows(1, 4))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("rows: [1, 4) of NF4[6, 96], expected a cut between blocks of 64 values"
                            + " (they share a scale)");
            assertThatThrownBy(() -> t.rows(0, 3)).isInstanceOf(ShapeException.class);
            assertThatThrownBy(() -> t.reshape(Shape.of(6, 95)))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("reshape: NF4[6, 96] to [6, 95], expected 576 values");
        }
    }

    @Test
    void an_odd_number_of_values_fills_its_last_byte_by_half() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(nf4(arena, 5, 37, 64).bytes()).isEqualTo(93);
            assertThat(DType.NF4.bytes(185)).isEqualTo(93);
            assertThat(DType.DYNAMIC8.bytes(185)).isEqualTo(185);
        }
    }

    @Test
    void parts_are_copied_down_to_the_last_magnitude() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(2));
            Scales inner = new Scales(Tensor.of(arena, Shape.of(1), 3f), 256, 0.5f);
            Tensor magnitudes =
                    Tensor.coded(Tensor.zeros(arena, DType.U8, Shape.of(1)), DType.DYNAMIC8, Shape.of(1), inner);
            Tensor t = Tensor.coded(codes, DType.FP4, Shape.of(2, 2), new Scales(magnitudes, 32));
            assertThat(t.scales().bytes()).isEqualTo(5);
            Tensor copy = t.parts(part -> {
                Tensor to = Tensor.zeros(arena, part.dtype(), part.shape());
                to.data().copyFrom(part.data());
                return to;
            });
            assertThat(copy).hasToString("FP4[2, 2]");
            assertThat(copy.sharesMemoryWith(t)).isFalse();
            assertThat(copy.scales().magnitudes().scales().offset()).isEqualTo(0.5f);
        }
    }

    @Test
    void codes_that_do_not_fit_their_scales_are_refused() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(64));
            Tensor one = Tensor.of(arena, Shape.of(1), 1f);
            Shape shape = Shape.of(128);
            assertThatThrownBy(() -> Tensor.coded(codes, DType.NF4, shape, new Scales(one, 64)))
                    .hasMessage("tensor: 1 magnitudes for NF4[128], expected 2 (blocks of 64)");
            assertThatThrownBy(() -> Tensor.coded(codes, DType.NF4, Shape.of(129), new Scales(one, 256)))
                    .hasMessage("tensor: 64 bytes, expected 65 for NF4[129]");
            assertThatThrownBy(() -> Tensor.coded(codes, DType.U8, Shape.of(64), new Scales(one, 64)))
                    .hasMessage("tensor: U8[64] with scales, expected a type with scales");
            assertThatThrownBy(() -> Tensor.coded(codes, DType.NF4, shape, new Scales(one, 128, 1)))
                    .hasMessage("tensor: NF4[128] with an offset of 1.0, expected 0");
            assertThatThrownBy(() -> Tensor.coded(one, DType.NF4, shape, new Scales(one, 128)))
                    .hasMessage("tensor: codes is F32, expected U8");
            assertThatThrownBy(() -> Tensor.coded(codes, DType.NF4, shape, new Scales(one, 48)))
                    .hasMessage("scales: block is 48, expected a power of two from 32 to 4096");
            assertThatThrownBy(() -> new Scales(one, 0)).hasMessage("scales: block is 0, expected at least 1");
            assertThatThrownBy(() -> new Scales(codes, 64))
                    .hasMessage("scales: magnitudes are U8, expected F32 or DYNAMIC8");
            assertThatThrownBy(() -> Tensor.zeros(arena, DType.NF4, shape))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("tensor: NF4[128] without scales, expected Tensor.coded");
            assertThatThrownBy(one::scales)
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("scales: of F32[1], expected a type with scales");
        }
    }
}
