package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Gguf;
import dev.gradine.io.GgufWriter;
import dev.gradine.io.TensorSource;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Dora;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
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
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufAdapterTest {

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        run.close();
        arena.close();
    }

    /// As llama.cpp adds it: W′ = W + alpha / R · B A, on the tensors of the model's own file.
    @Test
    void the_models_file_and_the_adapters_compute_what_the_adapted_model_does() throws IOException {
        SequencedMap<String, Integer> ranks = new LinkedHashMap<>(Map.of("down_proj", 2));
        SequencedMap<String, Double> alphas = new LinkedHashMap<>(Map.of("k_proj", 3.0));
        Lora lora = new Lora(4, 8, 0, true, new Lora.Patterns(ranks, alphas), false);
        try (OpenModel m = open()) {
            AdapterSet adapted = adapter(m, lora, "q_proj,k_proj,down_proj");
            Path file = temp.resolve("a.gguf");
            GgufAdapter.write(m, adapted, file);
            assertThat(GgufAdapter.check(m, adapted, file).faults()).isEmpty();
            List<int[]> ids = List.of(IntStream.range(0, 20).map(i -> i * 13).toArray());
            double[] expected = Cases.doubles(LogitsCheck.logits(new Policy(m.model(), adapted), run, ids));
            try (OpenModel sum = Models.open(sum(m, Gguf.open(file, arena)), run)) {
                float[] got = LogitsCheck.logits(Policy.of(sum.model()), run, ids);
                Teeth.bite(got, l -> Tolerance.logits().check("logits", l, expected));
            }
        }
    }

    private Path sum(OpenModel m, Gguf adapter) throws IOException {
        Path base = temp.resolve("base.gguf");
        GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, base);
        Gguf model = Gguf.open(base, arena);
        assertThat(adapter.metadata()).containsEntry("general.type", "adapter").containsEntry("adapter.type", "lora");
        float alpha = (Float) adapter.metadata().getOrDefault("adapter.lora.alpha", 0f);
        List<TensorSource> tensors = model.names().stream()
                .map(name -> TensorSource.of(name, sum(name, model, adapter, alpha)))
                .toList();
        Path file = Files.createDirectory(temp.resolve("sum")).resolve("sum.gguf");
        GgufWriter.write(file, model.metadata(), tensors);
        return file;
    }

    private Tensor sum(String name, Gguf model, Gguf adapter, float alpha) {
        Tensor w = model.tensor(name);
        if (!adapter.names().contains(name + ".lora_a")) return w;
        float[] a = floats(adapter.tensor(name + ".lora_a"));
        float[] b = floats(adapter.tensor(name + ".lora_b"));
        float[] y = floats(w);
        int in = w.shape().dim(1);
        int rank = a.length / in;
        for (int o = 0; o < w.shape().dim(0); o++) {
            for (int i = 0; i < in; i++) {
                double dot = 0;
                for (int r = 0; r < rank; r++) dot += (double) b[o * rank + r] * a[r * in + i];
                y[o * in + i] += (float) (alpha / rank * dot);
            }
        }
        return Tensor.of(arena, Shape.of(w.shape().dim(0), in), y);
    }

    private static float[] floats(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    @Test
    void another_adapter_in_the_file_is_found() {
        try (OpenModel m = open()) {
            AdapterSet adapted = adapter(m, Lora.of(4, 8), "q_proj");
            Path file = temp.resolve("a.gguf");
            GgufAdapter.write(m, adapted, file);
            AdapterSet other = adapter(m, Lora.of(4, 12), "q_proj");
            assertThat(GgufAdapter.check(m, other, file).faults())
                    .containsExactly(
                            "adapter: model.layers.0.self_attn.q_proj differs from the adapter in memory",
                            "adapter: model.layers.1.self_attn.q_proj differs from the adapter in memory");
        }
    }

    @Test
    void what_llama_cpp_has_no_place_for_is_refused() {
        try (OpenModel m = open()) {
            refuses(
                    m,
                    adapter(m, Dora.defaults(), "q_proj"),
                    "gguf-lora: the adapter is dora, expected plain LoRA; --to gguf merges it");
        }
        Map<String, Object> tied = TinyModels.config("llama");
        tied.put("tie_word_embeddings", true);
        try (OpenModel m = Models.open(TinyModels.write(temp.resolve("tied"), tied), run)) {
            refuses(
                    m,
                    adapter(m, Lora.of(2, 4), "lm_head"),
                    "gguf-lora: lm_head is tied to the embedding, and llama.cpp has no tensor to adapt then;"
                            + " --to gguf merges the adapter");
        }
    }

    private void refuses(OpenModel m, AdapterSet adapted, String message) {
        assertThatThrownBy(() -> GgufAdapter.write(m, adapted, temp.resolve("x.gguf")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private OpenModel open() {
        return Models.open(TinyModels.write(temp.resolve("model"), TinyModels.config("llama")), run);
    }

    private AdapterSet adapter(OpenModel m, Method method, String targets) {
        SplittableRandom random = new SplittableRandom(3);
        AdapterSet fresh = AdapterSet.fresh(m.model(), method, Selection.of(targets), run, random);
        fresh.params().forEach(p -> {
            float[] values = new float[p.value().size()];
            for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian(0, 0.1);
            run.copy(run.of(p.value().shape(), values), p.value());
        });
        return fresh;
    }
}
