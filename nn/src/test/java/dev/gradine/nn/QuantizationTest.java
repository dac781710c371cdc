package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.testkit.Cases;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class QuantizationTest {

    private static final String Q = "model.layers.0.self_attn.q_proj";
    private static final String DOWN = "model.layers.0.mlp.down_proj";

    private final Arena arena = Arena.ofShared();
    private final Kernels run = CpuKernels.open();

    @AfterEach
    void free() {
        run.close();
        arena.close();
    }

    private Tensor stored(String name) {
        return Tensor.of(arena, Shape.of(8, 64), Cases.plain(name.hashCode(), 512, 1));
    }

    private Weights weights(Quantization q) {
        return new Weights(q.over((name, _) -> stored(name), arena), run);
    }

    private static DType type(Linear layer) {
        return layer.weight().param().value().dtype();
    }

    @Test
    void every_linear_layer_but_the_head_is_quantised() {
        Weights w = weights(new Quantization(DType.NF4, 64, false, List.of()));
        assertThat(type(w.linear(Q, 8, 64, false))).isEqualTo(DType.NF4);
        assertThat(type(w.linear(DOWN, 8, 64, false))).isEqualTo(DType.NF4);
        assertThat(type(w.linear("lm_head", 8, 64, false))).isEqualTo(DType.F32);
        Embedding table = w.embedding("model.embed_tokens", 8, 64);
        assertThat(table.weight().param().value().dtype()).isEqualTo(DType.F32);
    }

    @Test
    void named_layers_alone_are_quantised_and_a_head_may_be_one() {
        Weights w = weights(new Quantization(DType.FP4, 32, true, List.of("down_proj", "lm_head")));
        assertThat(type(w.linear(Q, 8, 64, false))).isEqualTo(DType.F32);
        Linear down = w.linear(DOWN, 8, 64, false);
        assertThat(type(down)).isEqualTo(DType.FP4);
        assertThat(type(w.linear("lm_head", 8, 64, false))).isEqualTo(DType.FP4);
        assertThat(run.download(down.weight().param().value()))
                .isEqualTo(run.download(Quantise.quantise(stored(DOWN + ".weight"), DType.FP4, 32, true, arena)));
    }

    @Test
    void a_name_is_the_end_of_a_path_in_whole_parts() {
        Quantization q = new Quantization(DType.NF4, 64, false, List.of("self_attn.q_proj", "proj"));
        assertThat(q.takes(Q)).isTrue();
        assertThat(q.takes(DOWN)).isFalse();
        assertThat(q.takes("proj")).isTrue();
    }

    @Test
    void a_name_that_is_no_layer_is_refused() {
        Quantization q = new Quantization(DType.NF4, 64, false, List.of("q_proj", "lm_head"));
        Weights w = weights(q);
        w.linear(Q, 8, 64, false);
        w.tied("lm_head", w.embedding("model.embed_tokens", 8, 64).weight());
        assertThatThrownBy(() -> q.requireFound(w.linears()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("quantize: module is lm_head, expected the end of the path of a linear layer with a weight"
                        + " of its own, such as q_proj");
    }

    @Test
    void what_cannot_be_quantised_is_named() {
        assertThatThrownBy(() -> new Quantization(DType.Q8_0, 64, false, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("quantize: type is Q8_0, expected NF4, FP4 or INT8");
        assertThatThrownBy(() -> new Quantization(DType.NF4, 65, false, List.of()))
                .isInstanceOf(ShapeException.class)
                .hasMessage("quantize: block is 65, expected a power of two from 32 to 4096");
        Quantization q = new Quantization(DType.NF4, 64, false, List.of());
        Weights.Source twice = q.over(q.over((name, _) -> stored(name), arena), arena);
        assertThatThrownBy(() -> twice.linear(Q, stored(Q)))
                .isInstanceOf(ConfigException.class)
                .hasMessage("quantize: " + Q + ".weight is NF4 already, expected a checkpoint of more bits");
    }
}
