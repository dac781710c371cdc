package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Learning rates of the factors of a LoRA, by the names that PEFT's files have.
class LoraPlusTest {

    private static final String Q = "base_model.model.layers.0.q_proj.";
    private static final String E = "base_model.model.embed_tokens.";

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private SequencedMap<String, Param> params(String... names) {
        SequencedMap<String, Param> all = new LinkedHashMap<>();
        for (String name : names) {
            boolean isVector = name.contains("magnitude") || name.contains("bias");
            all.put(name, Param.trained(name, run.zeros(isVector ? Shape.of(2) : Shape.of(2, 2)), run));
        }
        return all;
    }

    private static TrainSettings settings(double lr, LoraPlus plus) {
        Rate rate = new Rate(lr, new Schedule.Constant(), 0);
        var average = WeightAverage.Settings.NONE;
        return new TrainSettings(
                1, 1, rate, AdamW.defaults(), 0.1, 0, 1, 0, 0, plus, average, SpikeGuard.Settings.NONE);
    }

    private static SequencedMap<String, Double> rates(List<Group> groups, double lr) {
        SequencedMap<String, Double> all = new LinkedHashMap<>();
        for (Group g : groups) g.params().keySet().forEach(name -> all.put(name, lr * g.lrFactor()));
        return all;
    }

    @Test
    void b_and_vectors_learn_faster_and_embeddings_at_a_rate_of_their_own() {
        SequencedMap<String, Param> params = params(
                E + "lora_embedding_A",
                E + "lora_embedding_B",
                Q + "lora_A.weight",
                Q + "lora_B.weight",
                Q + "lora_B.bias",
                Q + "lora_magnitude_vector",
                "base_model.model.lm_head.weight");
        List<Group> groups = settings(2e-4, new LoraPlus(16.0, null)).groups(params);
        SequencedMap<String, Double> rates = rates(groups, 2e-4);
        assertThat(rates.keySet()).containsExactlyElementsOf(params.keySet());
        double[] expected = {1e-6, 1e-6, 2e-4, 3.2e-3, 3.2e-3, 3.2e-3, 2e-4};
        int i = 0;
        for (double rate : rates.values()) assertThat(rate).isCloseTo(expected[i++], within(1e-12));
        assertThat(groups.stream()
                        .filter(g -> g.decay() == 0)
                        .map(g -> g.params().keySet()))
                .containsExactly(params(Q + "lora_B.bias").keySet());
        Double embedding = rates(settings(2e-4, new LoraPlus(16.0, 5e-5)).groups(params), 2e-4)
                .get(E + "lora_embedding_B");
        assertThat(embedding).isCloseTo(5e-5, within(1e-12));
    }

    /// After one step without decay every value has moved by its rate, whatever its gradient.
    @ParameterizedTest
    @ValueSource(strings = {"adamw", "lion"})
    void any_optimiser_moves_b_as_many_times_further(String name) {
        SequencedMap<String, Param> params = params(Q + "lora_A.weight", Q + "lora_B.weight");
        Optimizer optimizer = Optimizer.Settings.named(name)
                .over(Group.decayingMatrices(params, 0, (n, p) -> new LoraPlus(4.0, null).factor(n, p, 0.01)), run);
        params.values().forEach(p -> run.elementwise().fill(p.grad(), 1));
        optimizer.step(1, 0.01, 1);
        assertThat(run.download(params.firstEntry().getValue().value())[0]).isEqualTo(-0.01f, within(1e-8f));
        assertThat(run.download(params.lastEntry().getValue().value())[0]).isEqualTo(-0.04f, within(1e-8f));
    }

    @Test
    void without_a_ratio_there_is_one_rate() {
        List<Group> groups = settings(1, LoraPlus.NONE).groups(params(Q + "lora_A.weight", Q + "lora_B.weight"));
        assertThat(groups).hasSize(1).allMatch(g -> g.lrFactor() == 1);
    }

    @Test
    void what_would_do_nothing_is_refused() {
        assertThatThrownBy(() -> new LoraPlus(0.0, null)).hasMessage("loraplus-lr-ratio: 0.0, expected above 0");
        assertThatThrownBy(() -> new LoraPlus(null, 1e-5))
                .hasMessage("loraplus-lr-embedding: 1.0E-5, expected at least 0, with --loraplus-lr-ratio");
        assertThatThrownBy(() -> settings(1, new LoraPlus(2.0, null)).groups(params(Q + "hada_w1_a")))
                .hasMessage("loraplus-lr-ratio: 2.0, expected an adapter with the factors of a LoRA");
        SequencedMap<String, Param> lora = params(Q + "lora_A.weight", Q + "lora_B.weight");
        assertThatThrownBy(() -> settings(1, new LoraPlus(2.0, 1e-5)).groups(lora))
                .hasMessage("loraplus-lr-embedding: 1.0E-5, expected a LoRA over an embedding");
        assertThatThrownBy(() -> settings(0, new LoraPlus(2.0, null))
                        .groups(params(Q + "lora_A.weight", E + "lora_embedding_A")))
                .hasMessage("lr: 0.0, expected above 0, with LoRA+ over an embedding");
    }
}
