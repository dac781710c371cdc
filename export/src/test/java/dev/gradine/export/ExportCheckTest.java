package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Gguf;
import dev.gradine.io.GgufBlocks;
import dev.gradine.io.GgufWriter;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorSource;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.TinyText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Faults are planted into what was written; each is found.
class ExportCheckTest {

    private static final String V = "model.layers.1.self_attn.o_proj.weight"; // as wide as it is high, made so below

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();
    private final Arena arena = Arena.ofShared();
    private Path folder = Path.of("");

    @BeforeEach
    void write_a_model() {
        Map<String, Object> config = TinyModels.config("llama");
        config.put("head_dim", 16); // 4 heads of 16 are as wide as the model
        folder = TinyModels.write(temp.resolve("model"), config);
    }

    @AfterEach
    void close() {
        run.close();
        arena.close();
    }

    @Test
    void an_export_as_it_was_written_has_no_faults() {
        assertThat(merged(written -> written).faults()).isEmpty();
        Findings gguf = gguf(DType.F16, metadata -> {}, tensor -> tensor);
        assertThat(gguf.faults()).isEmpty();
        assertThat(gguf.agreed())
                .hasSize(8)
                .anyMatch(l -> l.startsWith("weights: 21 tensors, each as in memory, rounded to its type"))
                .contains("end tokens: a text ends at <|bos|> <|im_end|>")
                .contains("special tokens: bos 256, eos 258, pad 259")
                .contains("template: 5 conversations render the same, 0 it refuses");
    }

    @ParameterizedTest
    @EnumSource
    void a_folder_of_any_type_has_no_faults_and_a_percent_more_in_a_norm_is_found(FolderFormat.Type type) {
        String norm = "model.norm.weight";
        Path out = temp.resolve("merged");
        try (OpenModel m = Models.open(folder, run)) {
            AdapterSet none = AdapterSet.none(m.model());
            MergedModel.write(m, none, out, new FolderFormat(type, Long.MAX_VALUE), _ -> {});
            assertThat(ExportCheck.whole(m, none, out).faults()).isEmpty();
            replace(out, norm, t -> scaled(t, 1.01f));
            assertThat(ExportCheck.whole(m, none, out).faults())
                    .anyMatch(f -> f.startsWith("weights: " + norm + " differs"));
        }
    }

    private Tensor scaled(Tensor t, float factor) {
        float[] x = run.download(f32(TensorSource.of("t", t)));
        for (int i = 0; i < x.length; i++) x[i] *= factor;
        return GgufBlocks.of(Tensor.of(arena, t.shape(), x), t.dtype(), arena);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1"})
    void a_transposed_weight_is_found_in_a_file_of_any_type(DType type) {
        Findings findings =
                gguf(type, metadata -> {}, t -> t.name().equals("blk.1.attn_output.weight") ? transposed(t, type) : t);
        assertThat(findings.faults()).anyMatch(f -> f.startsWith("weights: " + V + " differs"));
    }

    @Test
    void rows_of_queries_in_the_wrong_order_are_found() {
        Findings findings =
                gguf(DType.F16, metadata -> {}, t -> t.name().equals("blk.0.attn_q.weight") ? swapped(t) : t);
        assertThat(findings.faults())
                .anyMatch(f -> f.startsWith("weights: model.layers.0.self_attn.q_proj.weight differs"));
    }

    @Test
    void another_base_of_the_rotary_embedding_is_found() {
        Findings findings = gguf(DType.Q4_0, m -> m.put("llama.rope.freq_base", 510f), t -> t);
        assertThat(findings.faults())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("logits of the same weights in memory: ");
    }

    @Test
    void a_wrong_template_is_found() {
        String wrong = TinyText.TEMPLATE.replace("user", "human").replace("<|im_end|>\n", "<|im_end|>");
        Findings findings = gguf(DType.F16, m -> m.put("tokenizer.chat_template", wrong), t -> t);
        assertThat(findings.faults())
                .contains("template: another text than the model's (%d characters, expected %d characters)"
                        .formatted(wrong.length(), TinyText.TEMPLATE.length()))
                .contains("template: a conversation of [user] is "
                        + "\"<|im_start|>user\\nWhat is 2 + 2?  <b>Quick!</b><|im_end|>|<|im_start|>user\\n"
                        + "What is 2 + 2?  <b>Quick!</b><|im_end|><|im_start|>assistant\\n\", expected "
                        + "\"<|im_start|>user\\nWhat is 2 + 2?  <b>Quick!</b><|im_end|>\\n|<|im_start|>user\\n"
                        + "What is 2 + 2?  <b>Quick!</b><|im_end|>\\n<|im_start|>assistant\\n\"");
        Findings other = merged(written -> {
            text(written.resolve("chat_template.jinja"), wrong);
            return written;
        });
        assertThat(other.faults()).hasSize(6).allMatch(f -> f.startsWith("template: "));
    }

    @Test
    void a_wrong_end_token_is_found() {
        Findings findings = gguf(DType.F16, m -> m.put("tokenizer.ggml.eos_token_id", 257), t -> t);
        assertThat(findings.faults()).anyMatch(f -> f.startsWith("end tokens: "));
        Findings other = merged(written -> {
            Json.write(
                    written.resolve("tokenizer_config.json"),
                    Map.of("bos_token", "<|bos|>", "eos_token", "<|im_start|>", "pad_token", "<|pad|>"));
            return written;
        });
        assertThat(other.faults())
                .containsExactly(
                        "end tokens: <|bos|> <|im_start|> <|im_end|>, expected <|bos|> <|im_end|>",
                        "special tokens: bos 256, eos 257, pad 259, expected bos 256, eos 258, pad 259");
    }

    @Test
    void another_tokenizer_is_found() {
        Findings findings = gguf(DType.F16, m -> m.put("tokenizer.ggml.merges", List.of("t h")), t -> t);
        assertThat(findings.faults()).anyMatch(f -> f.startsWith("tokens: \"Hello") || f.startsWith("tokens: \""));
        Findings digits = gguf(DType.F16, m -> m.put("tokenizer.ggml.add_bos_token", true), t -> t);
        assertThat(digits.faults()).anyMatch(f -> f.startsWith("tokens: "));
    }

    @Test
    void a_transposed_weight_is_found_in_a_folder() {
        Findings findings = merged(written -> {
            replace(written, V, Transposed::of);
            return written;
        });
        assertThat(findings.faults()).anyMatch(f -> f.startsWith("weights: " + V + " differs"));
    }

    private void replace(Path written, String name, UnaryOperator<Tensor> by) {
        Path file = written.resolve("model.safetensors");
        Safetensors weights = Safetensors.open(file, arena);
        Map<String, Tensor> all = new LinkedHashMap<>();
        for (String n : weights.names()) all.put(n, weights.tensor(n));
        all.put(name, by.apply(weights.tensor(name)));
        Path other = written.resolve("other.safetensors");
        Safetensors.write(other, all);
        try {
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Findings merged(UnaryOperator<Path> plant) {
        try (OpenModel m = Models.open(folder, run)) {
            Path out = temp.resolve("merged-" + System.nanoTime());
            MergedModel.write(m, AdapterSet.none(m.model()), out);
            return ExportCheck.whole(m, AdapterSet.none(m.model()), plant.apply(out));
        }
    }

    private interface Metadata {
        void change(Map<String, Object> metadata);
    }

    /// Writes the model, then the same file again with other metadata and tensors.
    private Findings gguf(DType type, Metadata metadata, UnaryOperator<TensorSource> plant) {
        try (OpenModel m = Models.open(folder, run)) {
            Path right = temp.resolve("right-%d.gguf".formatted(System.nanoTime()));
            GgufExport.write(m, AdapterSet.none(m.model()), type, right);
            Gguf gguf = Gguf.open(right, arena);
            Map<String, Object> changed = new LinkedHashMap<>(gguf.metadata());
            metadata.change(changed);
            List<TensorSource> tensors = gguf.names().stream()
                    .map(name -> plant.apply(TensorSource.of(name, gguf.tensor(name))))
                    .toList();
            Path wrong = temp.resolve("wrong-%d.gguf".formatted(System.nanoTime()));
            GgufWriter.write(wrong, changed, tensors);
            return ExportCheck.whole(m, AdapterSet.none(m.model()), wrong);
        }
    }

    private TensorSource transposed(TensorSource s, DType type) {
        Shape shape = s.shape();
        float[] x = run.download(f32(s));
        float[] y = new float[x.length];
        int n = shape.dim(0);
        for (int i = 0; i < x.length; i++) y[i] = x[i % n * n + i / n];
        return TensorSource.of(s.name(), GgufBlocks.of(Tensor.of(arena, shape, y), type, arena));
    }

    private Tensor f32(TensorSource s) {
        Tensor value = run.empty(s.shape());
        run.copy(run.fromHost(s.values().get()), value);
        return value;
    }

    private TensorSource swapped(TensorSource s) {
        Tensor t = s.values().get();
        Tensor copy = Tensor.zeros(arena, t.dtype(), t.shape());
        copy.data().copyFrom(t.data());
        copy.rows(0, 1).data().copyFrom(t.rows(1, 2).data());
        copy.rows(1, 2).data().copyFrom(t.rows(0, 1).data());
        return TensorSource.of(s.name(), copy);
    }

    private static void text(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
