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
