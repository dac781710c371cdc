package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedWeightsTest {

    private static final String ONE = "model-00001-of-00002.safetensors";
    private static final String TWO = "model-00002-of-00002.safetensors";

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    private Path index = Path.of("");

    @BeforeEach
    void shards() {
        index = folder.resolve("model.safetensors.index.json");
        Json.write(folder.resolve("config.json"), Map.of("model_type", "llama"));
        Safetensors.write(folder.resolve(ONE), Map.of("a", Tensor.of(arena, Shape.of(2), 1f, 2f)));
        Safetensors.write(
                folder.resolve(TWO),
                Map.of(
                        "b", Tensor.of(arena, Shape.of(1), 3f),
                        "unlisted", Tensor.of(arena, Shape.of(1), 4f)));
    }

    @AfterEach
    void unmap() {
        arena.close();
    }

    private void index(Map<String, Object> weightMap) {
        Json.write(index, Map.of("metadata", Map.of("total_size", 12), "weight_map", weightMap));
    }

    @Test
    void tensors_come_from_the_shard_the_index_names() {
        index(Map.of("a", ONE, "b", TWO));
        Checkpoint c = Checkpoint.open(folder, GgufBytes.LLAMA, arena);
        assertThat(c.format()).isEqualTo("safetensors in 2 shards");
        assertThat(c.names()).containsExactly("a", "b");
        assertThat(c.parameters()).isEqualTo(3);
        assertThat(c.file().tensors()).extracting(TensorInfo::name).containsExactly("a", "b");
        assertThat(Bytes.of(c.tensor("b"))).isEqualTo(new Bytes().f32(3).array());
        assertThatThrownBy(() -> c.tensor("unlisted")).hasMessage(index + ": no tensor unlisted");
    }

    @Test
    void a_missing_shard_or_tensor_is_named() {
        index(Map.of("a", ONE, "b", "model-00003.safetensors"));
        assertRefused("tensor b: shard model-00003.safetensors is missing");
        index(Map.of("a", ONE, "b", ONE));
        assertRefused("tensor b: not in " + ONE);
        Json.write(index, Map.of("metadata", Map.of()));
        assertRefused("weight_map is not an object");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../model.safetensors",
                "/etc/model.safetensors",
                "sub/model.safetensors",
                "..\\model.safetensors",
                "C:model.safetensors",
                "..",
                "",
                "config.json"
            })
    void an_index_cannot_reach_out_of_its_folder(String shard) {
        index(Map.of("a", shard));
        assertRefused("tensor a: shard is " + shard + ", expected the name of a .safetensors or .bin file"
                + " in the same folder");
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> ShardedWeights.open(index, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(index + ": " + message);
    }
}
