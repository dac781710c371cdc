package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedInt4Test {

    private static final int IN = 128;
    private static final int OUT = 16;
    private static final int GROUPS = 2;
    private static final int[] AWQ_ORDER = {0, 2, 4, 6, 1, 3, 5, 7}; // the output that nibble k holds

    @TempDir
    private Path folder;

    private final int[][] q = new int[IN][OUT];
    private final int[][] z = new int[GROUPS][OUT];
    private final float[][] s = new float[GROUPS][OUT];
    private final int[] groupOf = new int[IN];

    /// Random codes; zero points from 1 to 15, which are stored as 0 to 14 by GPTQ.
    private void draw() {
        Random random = new Random(5);
        for (int i = 0; i < IN; i++) groupOf[i] = i / (IN / GROUPS);
        for (int[] row : q) for (int o = 0; o < OUT; o++) row[o] = random.nextInt(16);
        for (int[] row : z) for (int o = 0; o < OUT; o++) row[o] = random.nextInt(1, 16);
        for (float[] row : s) {
            for (int o = 0; o < OUT; o++)
                row[o] = Float.float16ToFloat(Float.floatToFloat16(random.nextFloat(-0.1f, 0.1f)));
        }
    }

    private static Tensor ints(Arena arena, int rows, int columns) {
        return Tensor.zeros(arena, DType.I32, Shape.of(rows, columns));
    }

    private static void put(Tensor t, int row, int column, int nibble, int code) {
        long at = 4L * (row * t.shape().last() + column);
        int old = t.data().get(ValueLayout.JAVA_INT, at);
        t.data().set(ValueLayout.JAVA_INT, at, old | (code << (4 * nibble)));
    }

    /// Column c, nibble k of a row of outputs.
    private static void across(Tensor t, int[][] codes, int less, boolean isAwq) {
        for (int r = 0; r < codes.length; r++) {
            for (int c = 0; c < OUT / 8; c++) {
                for (int k = 0; k < 8; k++) put(t, r, c, k, codes[r][8 * c + (isAwq ? AWQ_ORDER[k] : k)] - less);
            }
        }
    }

    private Checkpoint written(Arena arena, Map<String, Object> how, boolean hasGroups) {
        boolean isAwq = "awq".equals(how.get("quant_method"));
        Map<String, Tensor> all = new LinkedHashMap<>();
        Tensor codes = isAwq ? ints(arena, IN, OUT / 8) : ints(arena, IN / 8, OUT);
        if (isAwq) across(codes, q, 0, true);
        else for (int i = 0; i < IN; i++) for (int o = 0; o < OUT; o++) put(codes, i / 8, o, i % 8, q[i][o]);
        all.put("a.qweight", codes);
        Tensor zeros = ints(arena, GROUPS, OUT / 8);
        across(zeros, z, how.containsKey("checkpoint_format") || isAwq ? 0 : 1, isAwq);
        all.put("a.qzeros", zeros);
        Tensor scales = Tensor.zeros(arena, DType.F16, Shape.of(GROUPS, OUT));
        for (int i = 0; i < GROUPS * OUT; i++) {
            scales.data().setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(s[i / OUT][i % OUT]));
        }
        all.put("a.scales", scales);
        if (hasGroups) all.put("a.g_idx", Tensor.of(arena, Shape.of(IN), groupOf));
        all.put("a.bias", Tensor.of(arena, Shape.of(OUT), new float[OUT]));
        Safetensors.write(folder.resolve("model.safetensors"), all);
        Json.write(folder.resolve("config.json"), Map.of("quantization_config", how));
        return Checkpoint.open(folder, GgufBytes.LLAMA, arena);
    }

    private void assertValues(Tensor w, boolean rounded) {
        try (Kernels run = CpuKernels.open()) {
            float[] got = run.download(w);
            for (int o = 0; o < OUT; o++) {
                for (int i = 0; i < IN; i++) {
                    float x = s[groupOf[i]][o] * (q[i][o] - z[groupOf[i]][o]);
                    if (rounded) x = Float.float16ToFloat(Float.floatToFloat16(x));
                    assertThat(got[o * IN + i]).isEqualTo(x);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"gptq,false,false", "gptq,true,false", "gptq,true,true", "awq,false,false"})
    void weights_are_scale_times_code_less_zero_point(String method, boolean hasGroups, boolean second) {
        draw();
        Map<String, Object> how = new HashMap<>(Map.of("quant_method", method, "bits", 4, "group_size", IN / GROUPS));
        if (second) how.put("checkpoint_format", "gptq_v2");
        try (Arena arena = Arena.ofShared()) {
            Checkpoint c = written(arena, how, hasGroups);
            assertThat(c.names()).containsExactlyInAnyOrder("a.weight", "a.bias");
            assertThat(c.parameters()).isEqualTo(IN * OUT + OUT);
            Tensor w = c.tensor("a.weight");
            assertThat(w).hasToString("GPTQ4[16, 128]");
            assertThat(NonFinite.first(w)).isEqualTo(-1);
            assertValues(w, false);
        }
    }

    /// `desc_act`: groups of inputs in any order.
    @Test
    void inputs_out_of_order_are_rounded_to_f16_as_gptq_does() {
        draw();
        for (int i = 0; i < IN; i++) groupOf[i] = i % GROUPS;
        try (Arena arena = Arena.ofShared()) {
            Tensor w = written(arena, Map.of("quant_method", "gptq", "bits", 4), true)
                    .tensor("a.weight");
            assertThat(w).hasToString("F16[16, 128]");
            assertValues(w, true);
        }
    }

    @Test
    void other_widths_and_groups_that_are_not_there_are_refused() {
        draw();
        try (Arena arena = Arena.ofShared()) {
            assertThatThrownBy(() -> written(arena, Map.of("quant_method", "gptq", "bits", 8), false))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageEndingWith("quantization_config.bits is 8, expected 4 (a.qweight)");
            groupOf[3] = GROUPS;
            Checkpoint c = written(arena, Map.of("quant_method", "gptq", "bits", 4), true);
            assertThatThrownBy(() -> c.tensor("a.weight"))
                    .hasMessageEndingWith("tensor a.g_idx: has 2, expected 0 to 1");
        }
    }
}
