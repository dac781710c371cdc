package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A gpt-oss whose experts are four bits wide, as it is published, against the same with the values written out.
class Mxfp4ExpertsTest {

    private static final int EXPERTS = 3;
    private static final int WIDTH = 64; // two groups a row
    private static final double[] E2M1 = {0, 0.5, 1, 1.5, 2, 3, 4, 6};

    @TempDir
    private Path temp = Path.of("");

    private static Map<String, Object> config() {
        Map<String, Object> c = new LinkedHashMap<>();
        c.put("model_type", "gpt_oss");
        c.put("hidden_size", WIDTH);
        c.put("intermediate_size", WIDTH);
        c.put("num_hidden_layers", 1);
        c.put("num_attention_heads", 2);
        c.put("num_key_value_heads", 1);
        c.put("head_dim", 8);
        c.put("vocab_size", 20);
        c.put("max_position_embeddings", 64);
        c.put("num_local_experts", EXPERTS);
        c.put("num_experts_per_tok", 2);
        c.put("sliding_window", 8);
        return c;
    }

    @Test
    void experts_of_four_bits_give_the_logits_of_their_values() throws IOException {
        Path plain = Files.createDirectory(temp.resolve("plain"));
        Path published = Files.createDirectory(temp.resolve("published"));
        try (Arena arena = Arena.ofShared();
                Kernels run = CpuKernels.open()) {
            Path drawn = new TinyFolder(config()).to(Files.createDirectory(temp.resolve("drawn")));
            Safetensors source = Safetensors.open(drawn.resolve("model.safetensors"), arena);
            Map<String, Tensor> values = new LinkedHashMap<>();
            source.names().forEach(name -> values.put(name, source.tensor(name)));
            Map<String, Tensor> codes = new LinkedHashMap<>(values);
            for (String name : List.of("gate_up_proj", "down_proj")) {
                String path = "model.layers.0.mlp.experts." + name;
                int out = name.equals("down_proj") ? WIDTH : 2 * WIDTH;
                Tensor blocks = bytes(arena, 256, 0, EXPERTS, out, WIDTH / 32, 16);
                Tensor scales = bytes(arena, 3, 121, EXPERTS, out, WIDTH / 32);
                codes.remove(path);
                codes.put(path + "_blocks", blocks);
                codes.put(path + "_scales", scales);
                values.put(path, turned(arena, blocks, scales, out));
            }
            Safetensors.write(plain.resolve("model.safetensors"), values);
            Safetensors.write(published.resolve("model.safetensors"), codes);
            Map<String, Object> c = config();
            Json.write(plain.resolve("config.json"), c);
            c.put("quantization_config", Map.of("quant_method", "mxfp4", "modules_to_not_convert", List.of("lm_head")));
            Json.write(published.resolve("config.json"), c);
            double[] expected = Cases.doubles(logits(plain, run));
            assertThat(expected).doesNotContain(Double.NaN);
            Teeth.bite(logits(published, run), l -> Tolerance.logits().check("mxfp4", l, expected));
        }
    }

    private static float[] logits(Path folder, Kernels run) {
        try (OpenModel m = Models.open(folder, run);
                Kernels k = run.openStep()) {
            assertThat(m.unused()).isEmpty();
            TokenBatch batch = TokenBatch.of(List.of(new int[] {3, 1, 4, 1, 5, 9, 2, 6}, new int[] {17, 18, 0}));
            return k.download(Policy.of(m.model()).logits(Tape.noGrad(k), batch).value());
        }
    }

    private static Tensor bytes(Arena arena, int different, int from, int... shape) {
        SplittableRandom random = new SplittableRandom(shape[1] + different);
        Tensor t = Tensor.zeros(arena, DType.U8, Shape.of(shape));
        for (int i = 0; i < t.size(); i++) {
            t.data().set(ValueLayout.JAVA_BYTE, i, (byte) (from + random.nextInt(different)));
        }
        return t;
    }

    /// `[E,in,out]`: value i of output o is code i % 32 of its group i / 32, two codes a byte, the low one first.
    private static Tensor turned(Arena arena, Tensor blocks, Tensor scales, int out) {
        float[] v = new float[EXPERTS * WIDTH * out];
        for (int row = 0; row < EXPERTS * out; row++) {
            for (int i = 0; i < WIDTH; i++) {
                int group = row * (WIDTH / 32) + i / 32;
                int both = blocks.data().get(ValueLayout.JAVA_BYTE, group * 16L + i % 32 / 2);
                int code = (both >> (4 * (i % 2))) & 15;
                int e = scales.data().get(ValueLayout.JAVA_BYTE, group) & 255;
                double value = E2M1[code & 7] * Math.pow(2, e - 127) * (code > 7 ? -1 : 1);
                v[(row / out * WIDTH + i) * out + row % out] = (float) value;
            }
        }
        return Tensor.of(arena, Shape.of(EXPERTS, WIDTH, out), v);
    }
}
