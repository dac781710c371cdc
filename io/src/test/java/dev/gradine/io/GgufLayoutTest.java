package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufLayoutTest {

    private static final GgufLayout LLAMA =
            new GgufLayout(GgufArchitecture.of("llama", "llama").withInterleavedRows(), GgufHeads.of(2, 1));
    private static final GgufLayout GEMMA = new GgufLayout(
            GgufArchitecture.of("gemma2", "gemma2").withNormPlusOne().placing("ffn_norm", "pre_feedforward_layernorm"),
            GgufHeads.of(2, 1));

    @ParameterizedTest
    @CsvSource({
        "model.embed_tokens.weight, token_embd.weight",
        "lm_head.weight, output.weight",
        "model.norm.weight, output_norm.weight",
        "model.layers.11.input_layernorm.weight, blk.11.attn_norm.weight",
        "model.layers.0.self_attn.q_proj.bias, blk.0.attn_q.bias",
        "model.layers.0.self_attn.o_proj.weight, blk.0.attn_output.weight",
        "model.layers.2.post_attention_layernorm.weight, blk.2.ffn_norm.weight",
        "model.layers.2.mlp.down_proj.weight, blk.2.ffn_down.weight"
    })
    void names_are_llama_cpps(String hf, String gguf) {
        assertThat(LLAMA.name(hf)).isEqualTo(gguf);
    }

    @ParameterizedTest
    @CsvSource({
        "model.layers.2.post_attention_layernorm.weight, blk.2.post_attention_norm.weight",
        "model.layers.2.pre_feedforward_layernorm.weight, blk.2.ffn_norm.weight",
        "model.layers.2.post_feedforward_layernorm.weight, blk.2.post_ffw_norm.weight",
        "model.layers.2.self_attn.q_norm.weight, blk.2.attn_q_norm.weight"
    })
    void gemmas_four_norms_have_names_of_their_own(String hf, String gguf) {
        assertThat(GEMMA.name(hf)).isEqualTo(gguf);
    }

    @Test
    void rows_of_queries_become_neighbours_again() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor hf = Tensor.of(arena, Shape.of(8), 0, 1, 2, 3, 4, 5, 6, 7);
            String q = "model.layers.0.self_attn.q_proj.bias";
            assertThat(LLAMA.stored(q, hf, arena).data().toArray(ValueLayout.JAVA_INT))
                    .containsExactly(0, 2, 1, 3, 4, 6, 5, 7);
            assertThat(LLAMA.stored("model.layers.0.self_attn.k_proj.bias", hf, arena)
                            .data()
                            .toArray(ValueLayout.JAVA_INT))
                    .containsExactly(0, 4, 1, 5, 2, 6, 3, 7);
            assertThat(LLAMA.stored("model.layers.0.self_attn.v_proj.bias", hf, arena))
                    .isSameAs(hf);
            assertThat(GEMMA.stored(q, hf, arena)).isSameAs(hf);
        }
    }

    @Test
    void norms_of_gemma_are_greater_by_one() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor w = Tensor.of(arena, Shape.of(2), 0.25f, -1);
            assertThat(GEMMA.stored("model.norm.weight", w, arena).data().toArray(ValueLayout.JAVA_FLOAT))
                    .containsExactly(1.25f, 0);
            assertThat(GEMMA.addsOne("model.layers.0.self_attn.k_norm.weight")).isTrue();
            assertThat(GEMMA.addsOne("model.embed_tokens.weight")).isFalse();
            assertThat(LLAMA.addsOne("model.norm.weight")).isFalse();
        }
    }

    @Test
    void a_tensor_without_a_place_is_refused() {
        assertThatThrownBy(() -> LLAMA.name("model.layers.0.mlp.experts.3.up_proj.weight"))
                .hasMessage("gguf: tensor model.layers.0.mlp.experts.3.up_proj.weight has no place in a file of"
                        + " architecture llama");
    }
}
