package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {

    private static final Map<String, Object> CONFIG = Map.of("model_type", "llama", "hidden_size", 2);

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    private Path source = Path.of("");
    private Path target = Path.of("");

    @BeforeEach
    void folders() throws IOException {
        source = Files.createDirectory(folder.resolve("source"));
        target = folder.resolve("merged");
        AtomicFiles.writeText(source.resolve("tokenizer.json"), "{}");
        AtomicFiles.writeText(source.resolve("chat_template.jinja"), "{{ x }}");
        AtomicFiles.writeText(source.resolve("training_args.bin"), "private");
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private TensorSource weights() {
        return TensorSource.of("model.norm.weight", Tensor.of(arena, Shape.of(2), 1f, 2f));
    }

    @Test
    void what_is_written_is_a_checkpoint_with_its_side_files() {
        ModelFolder.write(target, CONFIG, List.of(weights()), ModelFolder.sideFiles(source));
        assertThat(Bytes.content(target))
                .containsExactly("chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json");
        Checkpoint c = Checkpoint.open(target, GgufBytes.LLAMA, arena);
        assertThat(c.config()).isEqualTo(CONFIG);
        assertThat(Bytes.of(c.tensor("model.norm.weight")))
                .isEqualTo(new Bytes().f32(1, 2).array());
        assertThat(Bytes.content(folder)).containsExactly("merged", "source");
    }

    private TensorSource floats(String name, int values) {
        float[] x = new float[values];
        for (int i = 0; i < values; i++) x[i] = name.hashCode() + i;
        return TensorSource.of(name, Tensor.of(arena, Shape.of(values), x));
    }

    /// The example of huggingface_hub: 6, 6, 2, 6, 2 and 2 under a limit of 10.
    @Test
    void files_are_filled_in_order_up_to_the_limit_and_an_index_says_where_all_is() {
        List<TensorSource> tensors =
                List.of(floats("f", 6), floats("e", 6), floats("d", 2), floats("c", 6), floats("b", 2), floats("a", 2));
        ModelFolder.write(target, CONFIG, tensors, List.of(), 40, _ -> {});
        assertThat(Bytes.content(target))
                .containsExactly(
                        "config.json",
                        "model-00001-of-00003.safetensors",
                        "model-00002-of-00003.safetensors",
                        "model-00003-of-00003.safetensors",
                        "model.safetensors.index.json");
        Map<String, String> where = new LinkedHashMap<>();
        String[] files = {"3", "3", "3", "2", "2", "1"};
        for (int i = 0; i < 6; i++) {
            where.put("abcdef".substring(i, i + 1), "model-0000%s-of-00003.safetensors".formatted(files[i]));
        }
        Map<String, Object> index = Json.readObject(target.resolve("model.safetensors.index.json"));
        assertThat(index)
                .isEqualTo(Map.of("metadata", Map.of("total_parameters", 24, "total_size", 96), "weight_map", where));
        Checkpoint c = Checkpoint.open(target, GgufBytes.LLAMA, arena);
        assertThat(c.format()).isEqualTo("safetensors in 3 shards");
        for (TensorSource t : tensors) {
            assertThat(Bytes.of(c.tensor(t.name())))
                    .isEqualTo(Bytes.of(t.values().get()));
        }
        where.forEach((name, file) -> assertThat(
                        Safetensors.open(target.resolve(file), arena).names())
                .contains(name));
    }

    @Test
    void a_tensor_above_the_limit_has_a_file_of_its_own_and_one_file_needs_no_index() {
        ModelFolder.write(
                target, CONFIG, List.of(floats("a", 2), floats("b", 9), floats("c", 2)), List.of(), 16, _ -> {});
        Map<String, Object> index = Json.readObject(target.resolve("model.safetensors.index.json"));
        assertThat(index.get("weight_map"))
                .isEqualTo(Map.of(
                        "a", "model-00002-of-00002.safetensors",
                        "b", "model-00001-of-00002.safetensors",
                        "c", "model-00002-of-00002.safetensors"));
        Path one = folder.resolve("one");
        ModelFolder.write(one, CONFIG, List.of(floats("a", 2), floats("b", 2)), List.of(), 16, _ -> {});
        assertThat(Bytes.content(one)).containsExactly("config.json", "model.safetensors");
    }

    @Test
    void a_source_that_fails_leaves_no_folder() {
        TensorSource bad = new TensorSource("a", DType.F32, Shape.of(1), () -> {
            throw new IllegalStateException("merge went wrong");
        });
        assertThatThrownBy(() -> ModelFolder.write(target, CONFIG, List.of(weights(), bad), List.of()))
                .hasMessage("merge went wrong");
        assertThat(Bytes.content(folder)).containsExactly("source");
    }

    @Test
    void what_cannot_be_copied_is_refused_before_anything_is_written() {
        Path none = source.resolve("none.json");
        assertThatThrownBy(() -> ModelFolder.write(target, CONFIG, List.of(), List.of(none)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(none + ": no such file to copy");
        Path config = source.resolve("config.json");
        Json.write(config, CONFIG);
        assertThatThrownBy(() -> ModelFolder.write(target, CONFIG, List.of(), List.of(config)))
                .hasMessage(target + ": config.json would be written twice");
        assertThatThrownBy(() -> ModelFolder.write(source, CONFIG, List.of(), List.of()))
                .hasMessage(source + ": the folder is not empty, expected a new or empty one");
        TensorSource q = TensorSource.of("q", Tensor.zeros(arena, DType.Q8_0, Shape.of(32)));
        assertThatThrownBy(() -> ModelFolder.write(target, CONFIG, List.of(q), List.of()))
                .hasMessage(target.resolve("model.safetensors")
                        + ": tensor q: dtype is Q8_0, which safetensors does not have");
        assertThat(Bytes.content(folder)).containsExactly("source");
    }
}
