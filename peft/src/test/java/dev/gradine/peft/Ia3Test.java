package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// (IA)³ on a worked example: W = [[1, 2, −1], [½, −1, 3]], b = [0.5, −1], x = [1, −2, ½], so W x = [−3.5, 4].
class Ia3Test {

    private static final Method IA3 = Ia3.defaults();

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private float[] output(String path, float... l) {
        Weight w = new Weight(path + ".weight", Param.frozen("w", run.of(Shape.of(2, 3), 1, 2, -1, 0.5f, -1, 3)));
        Weight b = new Weight(path + ".bias", Param.frozen("b", run.of(Shape.of(2), 0.5f, -1)));
        Linear base = new Linear(path, w, b);
        Start start = new Start(run, new SplittableRandom(1), 0, Start.NO_TOKENIZER);
        LinearAdapter a = (LinearAdapter) IA3.fresh(base, start);
        run.upload(l, a.params().firstEntry().getValue().value());
        Pass pass = Pass.of(Tape.noGrad(run));
        Var x = pass.tape().constant(run.of(Shape.of(1, 3), 1, -2, 0.5f));
        return run.download(a.apply(base, x, pass).value());
    }

    @Test
    void of_a_value_layer_it_scales_the_output_and_the_bias() {
        Tolerance tolerance = Tolerance.dot(3, 2, 2);
        double[] expected = {2 * (-3.5 + 0.5), -3 * (4 - 1)};
        Teeth.bite(output("layers.0.v_proj", 2, -3), y -> tolerance.check("y", y, expected));
    }

    @Test
    void of_a_feed_forward_layer_it_scales_the_input() {
        Tolerance tolerance = Tolerance.dot(3, 3, 2);
        double[] expected = {1 * 2 - 2 * 2 * 1 - 0.5 * 3 + 0.5, 0.5 * 2 + 2 * 1 + 3 * 0.5 * 3 - 1};
        Teeth.bite(output("layers.0.down_proj", 2, 1, 3), y -> tolerance.check("y", y, expected));
    }

    @Test
    void its_shapes_are_those_of_pefts_file() {
        Places places = Places.of(run);
        AdapterSet set = AdapterSet.fresh(places, IA3, Selection.of(".*"), run, new SplittableRandom(1));
        assertThat(set.params().stream().map(p -> p.value().shape()))
                .containsExactly(Shape.of(18, 1), Shape.of(1, 24), Shape.of(1, 8, 1, 1));
    }

    @Test
    void it_adapts_keys_values_and_the_end_of_the_feed_forward_part() {
        assertThat(IA3.usualTargets()).isEqualTo(new Targets.Suffixes(List.of("k_proj", "v_proj", "down_proj")));
    }

    @Test
    void the_references_adapter_of_this_method_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("ia3");
    }
}
