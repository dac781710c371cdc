package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Fp8Test {

    private static final int ROWS = 6;
    private static final int COLUMNS = 24;

    @TempDir
    private Path folder;

    /// A file of one weight, whose code i is i mod 120, and its scale.
    private Checkpoint written(String type, String scale, String shape, float[] scales, Arena arena)
            throws IOException {
        int n = ROWS * COLUMNS;
        String json = "{\"a.weight\": {\"dtype\": \"%s\", \"shape\": [%d, %d], \"data_offsets\": [0, %d]},"
                .formatted(type, ROWS, COLUMNS, n);
        json += "\"a.%s\": {\"dtype\": \"F32\", \"shape\": %s, \"data_offsets\": [%d, %d]}}"
                .formatted(scale, shape, n, n + 4 * scales.length);
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out =
                ByteBuffer.allocate(8 + head.length + n + 4 * scales.length).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(head.length).put(head);
        for (int i = 0; i < n; i++) out.put((byte) (i % 120));
        for (float s : scales) out.putFloat(s);
        Files.write(folder.resolve("model.safetensors"), out.array());
        Map<String, Object> how = Map.of("quant_method", "fp8", "weight_block_size", List.of(4, 16));
        Json.write(folder.resolve("config.json"), Map.of("quantization_config", how));
        return Checkpoint.open(folder, GgufBytes.LLAMA, arena);
    }

    private static double number(int code, String type) {
        int ones = type.equals("F8_E4M3") ? 8 : 4;
        int bias = type.equals("F8_E4M3") ? 7 : 15;
        int exponent = code / ones;
        double fraction = (double) (code % ones) / ones;
        return exponent == 0 ? fraction * Math.pow(2, 1 - bias) : (1 + fraction) * Math.pow(2, exponent - bias);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "F8_E4M3;weight_scale_inv;[2, 2];4;16",
                "F8_E5M2;weight_scale_inv;[2, 2];4;16",
                "F8_E4M3;weight_scale;[];6;24",
                "F8_E4M3;weight_scale;[1];6;24",
                "F8_E4M3;weight_scale;[6, 1];1;24",
                "F8_E4M3;weight_scale;[6];1;24"
            })
    void weights_are_numbers_times_the_scale_of_their_block(
            String type, String scale, String shape, int blockRows, int blockColumns) throws IOException {
        int across = Math.ceilDiv(COLUMNS, blockColumns);
        float[] scales = new float[Math.ceilDiv(ROWS, blockRows) * across];
        for (int i = 0; i < scales.length; i++) scales[i] = 0.01f * (i + 3);
        try (Arena arena = Arena.ofShared();
                Kernels run = CpuKernels.open()) {
            Checkpoint c = written(type, scale, shape, scales, arena);
            assertThat(c.names()).containsExactly("a.weight");
            Tensor w = c.tensor("a.weight");
            assertThat(w).hasToString(type + "[6, 24]");
            float[] got = run.download(w);
            for (int i = 0; i < got.length; i++) {
                float s = scales[i / COLUMNS / blockRows * across + i % COLUMNS / blockColumns];
                assertThat(got[i]).isEqualTo((float) (number(i % 120, type) * s));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"[3, 2];6"})
    void a_scale_of_another_shape_is_refused(String shape, int n) throws IOException {
        try (Arena arena = Arena.ofShared()) {
            Checkpoint c = written("F8_E4M3", "weight_scale_inv", shape, new float[n], arena);
            assertThatThrownBy(() -> c.tensor("a.weight"))
                    .hasMessageEndingWith("tensor a.weight_scale_inv: is F32[3, 2], expected one number, [2, 2]"
                            + " (blocks of 4 x 16) or [6, 1] for a.weight [6, 24]");
        }
    }
}
