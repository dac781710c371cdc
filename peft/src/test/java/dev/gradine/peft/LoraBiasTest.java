package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The bias behind B: counted with the scale, merged into a bias, refused where there is no place for it.
class LoraBiasTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static Lora biased() {
        return new Lora(1, 3, 0, false, Lora.Patterns.none(), true);
    }

    private Param frozen(String name, Shape shape, float... values) {
        return Param.frozen(name, run.of(shape, values));
    }

    /// x = (1, 2), W = (1, 1), b = 5, A = (1, 0), B = 2, b′ = 7, s = 3: 3 + 5 + 3 · (1 · 2 + 7) = 35.
    @Test
    void the_scale_counts_for_it_too() {
        Weight w = new Weight("q.weight", frozen("w", Shape.of(1, 2), 1, 1));
        Weight b = new Weight("q.bias", frozen("b", Shape.of(1), 5));
        Linear layer = new Linear("q", w, b);
        LoraLinear low = new LoraLinear(frozen("a", Shape.of(1, 2), 1, 0), frozen("b", Shape.of(1, 1), 2), 3, 0, 0);
        LoraBias biased = new LoraBias(low, frozen("b'", Shape.of(1), 7));
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.noGrad(k);
            var y = biased.apply(layer, tape.constant(k.of(Shape.of(1, 2), 1, 2)), Pass.of(tape));
            assertThat(k.download(y.value())).containsExactly(35);
        }
        Tensor bias = run.of(Shape.of(1), 5);
        assertThat(run.download(biased.mergedBias(bias, run))).containsExactly(26);
    }

    @Test
    void it_is_one_value_more_for_each_output() {
        Places places = Places.of(run);
        Linear layer = places.linears().getFirst();
        assertThat(biased().parameters(layer)).isEqualTo(layer.in() + 2L * layer.out());
        assertThat(biased().fresh(layer, new Start(run, new SplittableRandom(1), 0, Start.NO_TOKENIZER))
                        .params())
                .containsOnlyKeys("lora_A.weight", "lora_B.weight", "lora_B.bias");
    }

    @Test
    void a_layer_without_bias_computes_it_and_does_not_merge_it() {
        var model = TinyModel.of(run, false);
        var set = AdapterSet.fresh(model, biased(), Selection.of("down_proj"), run, new SplittableRandom(1));
        assertThatThrownBy(() -> set.merged(run))
                .isInstanceOf(AdapterException.class)
                .hasMessage("merge: model.layers.0.mlp.down_proj has no bias, expected one that takes in the trained"
                        + " one; use the adapter beside the model");
    }

    @Test
    void an_embedding_and_dora_have_none() {
        var model = TinyModel.of(run, false);
        assertThatThrownBy(() ->
                        AdapterSet.fresh(model, biased(), Selection.of("embed_tokens"), run, new SplittableRandom(1)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("lora: lora-bias at model.embed_tokens, expected linear layers alone");
        assertThatThrownBy(() -> new Dora(biased()))
                .isInstanceOf(AdapterException.class)
                .hasMessage("dora: lora-bias is true, expected false: DoRA has no bias");
    }
}
