package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodedValuesTest {

    private static final int N = 3 * 4096 + 37; // blocks, vectors, an odd end

    /// The formula, value by value, each step rounded to f32.
    private static float value(Tensor t, int i) {
        if (t.dtype() == DType.F32) return t.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
        boolean isByte = t.dtype().blockSize() == 1;
        int b = t.data().get(ValueLayout.JAVA_BYTE, isByte ? i : i / 2) & 0xff;
        int code = isByte ? b : i % 2 == 0 ? b / 16 : b % 16;
        float product = CodeTable.of(t.dtype())[code]
                * value(t.scales().magnitudes(), i / t.scales().block());
        return isByte ? product + t.scales().offset() : product;
    }

    @ParameterizedTest
    @CsvSource({"NF4,64,false", "NF4,32,true", "FP4,64,true", "FP4,4096,false", "NF4,128,true"})
    void every_stretch_of_values_is_the_formula(DType type, int block, boolean isDouble) {
        try (Arena arena = Arena.ofShared()) {
            Tensor w = Tensor.of(arena, Shape.of(N), Cases.wide(3, N));
            Tensor q = Quantise.quantise(w, type, block, isDouble, arena);
            float[] expected = new float[N];
            for (int i = 0; i < N; i++) expected[i] = value(q, i);
            RealValues values = RealValues.of(q);
            for (int[] range : new int[][] {{0, N}, {1, 1}, {63, 66}, {5, 40}, {64, 64}, {4095, 8200}, {N - 1, 1}}) {
                float[] got = new float[range[1] + 2];
                values.read(range[0], range[1], got, 1);
                assertThat(got[0]).isZero();
                assertThat(got[range[1] + 1]).isZero();
                for (int i = 0; i < range[1]; i++) {
                    assertThat(Float.floatToRawIntBits(got[1 + i]))
                            .isEqualTo(Float.floatToRawIntBits(expected[range[0] + i]));
                }
            }
        }
    }

    /// Every code, in blocks that end between vectors; the numbers of codes are those of the formula in `double`.
    @ParameterizedTest
    @CsvSource({"F8_E4M3,4,8,7", "F8_E5M2,4,4,15", "F8_E4M3,64,8,7", "F8_E5M2,1,4,15", "F8_E4M3,256,8,7"})
    void numbers_of_eight_bits_are_the_formula(DType type, int block, int ones, int bias) {
        try (Arena arena = Arena.ofShared()) {
            int n = 5 * 256;
            Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(n));
            for (int i = 0; i < n; i++) codes.data().set(ValueLayout.JAVA_BYTE, i, (byte) i);
            Tensor m = Tensor.of(arena, Shape.of(n / block), Cases.wide(4, n / block));
            RealValues values = RealValues.of(Tensor.coded(codes, type, Shape.of(n), new Scales(m, block)));
            int most = type == DType.F8_E4M3 ? 0x7f : 0x7c;
            for (int from : new int[] {0, 3, 256}) {
                float[] got = new float[n - from];
                values.read(from, got.length, got, 0);
                for (int i = from; i < n; i++) {
                    int magnitude = i & 127;
                    if (magnitude >= most) continue; // not finite
                    int exponent = magnitude / ones;
                    double number = exponent == 0
                            ? (double) magnitude / ones * Math.pow(2, 1 - bias)
                            : (1 + (double) (magnitude % ones) / ones) * Math.pow(2, exponent - bias);
                    double x = (i & 128) == 0 ? number : -number;
                    assertThat(got[i - from])
                            .isEqualTo((float) (x * m.data().getAtIndex(ValueLayout.JAVA_FLOAT, i / block)));
                }
            }
        }
    }

    /// Two roundings: of the unit and of its multiple.
    @ParameterizedTest
    @CsvSource({"1,9", "3,37", "5,64", "2,1000"})
    void codes_of_eight_bits_are_multiples_of_a_127th_of_their_rows_magnitude(int rows, int columns) {
        try (Arena arena = Arena.ofShared()) {
            int n = rows * columns;
            Tensor w = Tensor.of(arena, Shape.of(rows, columns), Cases.mild(3, n));
            Tensor q = RowInt8.quantise(w, arena);
            float[] x = w.toFloats();
            float[] got = new float[n + 2];
            RealValues.of(q).read(0, n, got, 1);
            double[] expected = new double[n];
            for (int i = 0; i < n; i++) {
                double largest = 0;
                for (int j = 0; j < columns; j++) largest = Math.max(largest, Math.abs(x[i / columns * columns + j]));
                expected[i] = q.codes().data().get(ValueLayout.JAVA_BYTE, i) * largest / 127;
                double half = Float.float16ToFloat(Float.floatToFloat16(x[i])); // as bitsandbytes rounds it before
                assertThat(Math.abs(half - expected[i]))
                        .isLessThanOrEqualTo(0.5001 * largest / 127 + 0x1p-10 * largest);
            }
            float[] values = java.util.Arrays.copyOfRange(got, 1, n + 1);
            // the magnitude itself is rounded to f16
            Tolerance tolerance = new Tolerance(Float.MIN_NORMAL, 0x1p-11 + 4 * Tolerance.EPSILON, "f16 magnitudes");
            Teeth.bite(values, v -> tolerance.check("values", v, expected));
        }
    }

    @ParameterizedTest
    @CsvSource({"NF4", "FP4"})
    void a_copy_and_the_host_have_the_same_values(DType type) {
        try (Arena arena = Arena.ofShared();
                Kernels k = CpuKernels.open()) {
            Tensor w = Tensor.of(arena, Shape.of(5, 37), Cases.plain(1, 185, 1));
            Tensor q = Quantise.quantise(w, type, 64, true, arena);
            Tensor f32 = k.empty(w.shape());
            k.copy(q, f32);
            assertThat(k.download(f32)).isEqualTo(k.download(q));
            assertThat(k.download(k.toHost(q, arena))).isEqualTo(k.download(q));
        }
    }
}
