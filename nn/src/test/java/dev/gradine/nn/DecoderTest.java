package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What must not change the result of a decoder, packing and caching among it, and what it refuses.
class DecoderTest {

    private static final int[] FIRST = {3, 30, 0, 36, 5, 5, 9};
    private static final int[] SECOND = {1, 2, 3, 20, 7};

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void a_cache_changes_nothing_but_rounding(int piece) {
        Decoder model = TinyLlama.of(run);
        float[] whole = Logits.of(model, run, List.of(FIRST));
        float[] cached = Logits.cached(model, run, FIRST, piece);
        Teeth.bite(cached, c -> Tolerance.logits().check("cached", c, Cases.doubles(whole)));
    }

    /// No kernel mixes rows of two sequences, and each sums a row in an order of its own size; but which kernel a
    /// product takes depends on the number of rows.
    @Test
    void packing_changes_nothing_but_rounding() {
        Decoder model = TinyLlama.of(run);
        float[] packed = Logits.of(model, run, List.of(FIRST, SECOND));
        float[] first = Logits.of(model, run, List.of(FIRST));
        float[] second = Logits.of(model, run, List.of(SECOND));
        float[] alone = Arrays.copyOf(first, packed.length);
        System.arraycopy(second, 0, alone, first.length, second.length);
        Teeth.bite(packed, p -> Tolerance.logits().check("packed", p, Cases.doubles(alone)));
    }

    @Test
    void a_branch_is_the_sequence_it_continues() {
        Decoder model = TinyLlama.of(run);
        int[] parent = {-1, 0, 0};
        List<int[]> pieces = List.of(FIRST, SECOND, new int[] {8, 6});
        TokenBatch branching = TokenBatch.branching(pieces, parent);
        double[] whole = new double[0];
        for (int s = 1; s < 3; s++) {
            int[] joined = IntStream.concat(IntStream.of(FIRST), IntStream.of(pieces.get(s)))
                    .toArray();
            double[] h = Cases.doubles(hidden(model, TokenBatch.of(List.of(joined))));
            int width = h.length / joined.length;
            double[] fresh = s == 1 ? h : Arrays.copyOfRange(h, FIRST.length * width, h.length);
            whole = DoubleStream.concat(DoubleStream.of(whole), DoubleStream.of(fresh))
                    .toArray();
        }
        double[] expected = whole;
        Teeth.bite(hidden(model, branching), h -> Tolerance.logits().check("branch", h, expected));
        int[] fromZero = {0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 0, 1};
        float[] wrong = hidden(model, branching.at(fromZero));
        assertThatThrownBy(() -> Tolerance.logits().check("branch", wrong, expected))
                .isInstanceOf(AssertionError.class);
    }

    private float[] hidden(Decoder model, TokenBatch batch) {
        try (Kernels k = run.openStep()) {
            return k.download(Policy.of(model).hidden(Tape.noGrad(k), batch).value());
        }
    }

    @Test
    void a_token_sees_none_behind_it() {
        Decoder model = TinyLlama.of(run);
        int[] changed = FIRST.clone();
        changed[FIRST.length - 1] = 11;
        int before = (FIRST.length - 1) * model.vocabSize();
        float[] one = Logits.of(model, run, List.of(FIRST));
        float[] other = Logits.of(model, run, List.of(changed));
        assertThat(Arrays.copyOf(other, before)).isEqualTo(Arrays.copyOf(one, before));
        assertThat(other).isNotEqualTo(one);
    }

    @Test
    void a_tied_head_is_the_embedding() {
        Decoder model = TinyLlama.of(run, Map.of("tie_word_embeddings", true));
        assertThat(model.head().linear().weight().param())
                .isSameAs(model.embeddings().getFirst().weight().param())
                .isSameAs(model.weights().getFirst().param());
        assertThat(model.weights()).extracting(Weight::path).contains("lm_head.weight");
    }

    @Test
    void biases_are_read_where_the_configuration_says() {
        Decoder model = TinyLlama.of(run, Map.of("attention_bias", true, "mlp_bias", true));
        assertThat(model.linears().stream().filter(Linear::hasBias)).hasSize(14);
        assertThat(Logits.of(model, run, List.of(FIRST))).doesNotContain(Float.NaN);
    }

    @Test
    void linears_are_named_as_in_checkpoints() {
        assertThat(TinyLlama.of(run).linears())
                .extracting(Linear::path)
                .startsWith("model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.k_proj")
                .endsWith("model.layers.1.mlp.down_proj", "lm_head")
                .hasSize(15);
    }

    @Test
    void refuses_a_token_outside_the_vocabulary() {
        Decoder model = TinyLlama.of(run);
        assertThatThrownBy(() -> Logits.of(model, run, List.of(new int[] {1, 37})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiny: token id is 37, expected 0 to 36");
        assertThatThrownBy(() -> Logits.of(model, run, List.of(new int[] {1, -1})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiny: token id is -1, expected 0 to 36");
        assertThatThrownBy(() -> Logits.cached(model, run, new int[] {1, -1}, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiny: token id is -1, expected 0 to 36");
    }

    @Test
    void refuses_a_sequence_longer_than_its_positions() {
        Decoder model = TinyLlama.of(run);
        assertThatThrownBy(() -> Logits.of(model, run, List.of(new int[65])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiny: position is 64, expected below 64 (max_position_embeddings)");
    }

    @Test
    void refuses_a_weight_of_another_shape() {
        Weights weights = new Weights((_, _) -> run.zeros(Shape.of(2, 3)), run);
        assertThatThrownBy(() -> weights.weight("model.norm.weight", 24))
                .isInstanceOf(ConfigException.class)
                .hasMessage("weights: model.norm.weight is [2, 3], expected [24] (from config)");
    }

    @Test
    void refuses_a_weight_of_whole_numbers() {
        Weights weights = new Weights((_, _) -> run.ofInts(1, 2, 3), run);
        assertThatThrownBy(() -> weights.weight("model.norm.weight", 3))
                .isInstanceOf(ConfigException.class)
                .hasMessage("weights: model.norm.weight is I32, expected a real type");
    }
}
