package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A deeper model of the layers of a checkpoint.
class LayerCopiesTest {

    private static final LayerCopies DEEPER = LayerCopies.of(List.of(List.of(0, 2), List.of(1, 3)));

    @Test
    void ranges_follow_each_other() {
        assertThat(DEEPER.sources()).containsExactly(0, 1, 1, 2);
    }

    @Test
    void tensors_of_a_layer_are_those_of_its_source() {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("model.embed_tokens.weight", "e");
        for (int l = 0; l < 4; l++) own.put("model.layers." + l + ".mlp.up_proj.weight", "w" + l);
        assertThat(DEEPER.names(own))
                .containsExactly(
                        Map.entry("model.embed_tokens.weight", "e"),
                        Map.entry("model.layers.0.mlp.up_proj.weight", "w0"),
                        Map.entry("model.layers.1.mlp.up_proj.weight", "w1"),
                        Map.entry("model.layers.2.mlp.up_proj.weight", "w1"),
                        Map.entry("model.layers.3.mlp.up_proj.weight", "w2"));
    }

    @Test
    void a_layer_keeps_its_kind() {
        Map<String, Object> own = Map.of("num_hidden_layers", 3, "layer_types", List.of("a", "b", "c"));
        assertThat(DEEPER.config(own))
                .containsEntry("num_hidden_layers", 4)
                .containsEntry("layer_types", List.of("a", "b", "b", "c"));
    }

    @Test
    void layers_that_differ_by_their_number_are_refused() {
        assertThatThrownBy(() -> DEEPER.config(Map.of("num_hidden_layers", 3, "model_type", "gemma2")))
                .hasMessage("layer-replication: layers of this gemma2 differ by their number, expected layers that are"
                        + " alike, or a configuration with layer_types");
        assertThatThrownBy(() -> DEEPER.config(Map.of("num_hidden_layers", 2, "model_type", "llama")))
                .hasMessage("layer-replication: layer 2, expected 0 to 1");
    }
}
