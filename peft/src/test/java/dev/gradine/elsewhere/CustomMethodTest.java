package dev.gradine.elsewhere;

import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Methods;
import dev.gradine.peft.Selection;
import dev.gradine.settings.Settings;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A method written in a package of its own trains, is saved, loaded and merged without an edit elsewhere.
class CustomMethodTest {

    private final Kernels run = CpuKernels.open();
    private final Weight weight =
            new Weight("proj.weight", Param.frozen("proj.weight", run.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6)));
    private final Linear layer = new Linear("proj", weight, null);
    private final Model model = new OneLayer(layer);

    @AfterEach
    void close() {
        run.close();
    }

    private record OneLayer(Linear layer) implements Model {
        @Override
        public List<Linear> linears() {
            return List.of(layer);
        }

        @Override
        public List<Embedding> embeddings() {
            return List.of();
        }

        @Override
        public List<Weight> weights() {
            return List.of(layer.weight());
        }
    }

    private Var forward(Tape tape, Adapters adapters) {
        Var x = tape.constant(tape.kernels().of(Shape.of(1, 3), 1, -1, 2));
        return layer.forward(x, Pass.of(tape).with(adapters));
    }

    private float[] output(Adapters adapters) {
        try (Kernels k = run.openStep()) {
            return k.download(forward(Tape.noGrad(k), adapters).value());
        }
    }

    /// Two steps down the gradient of the mean output: u moves in the first, v in the second.
    private AdapterSet trained() {
        AdapterSet set = AdapterSet.fresh(model, new RankOne(), Selection.of("proj"), run, new SplittableRandom(1));
        for (int step = 0; step < 2; step++) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                tape.backward(mean(forward(tape, set)));
            }
            for (Param p : set.params()) {
                run.elementwise().axpy(-0.5f, p.grad(), p.value());
                run.elementwise().fill(p.grad(), 0);
            }
        }
        return set;
    }

    @Test
    void it_trains() {
        float[] before = output(Adapters.NONE);
        float[] after = output(trained());
        assertThat(after[0] + after[1]).isLessThan(before[0] + before[1]);
    }

    @Test
    void it_is_saved_and_loaded(@TempDir Path folder) {
        AdapterSet set = trained();
        AdapterFolder.save(set, folder, "", run);
        AdapterSet loaded = AdapterFolder.load(folder, model, run);
        assertThat(loaded.method()).isEqualTo(new RankOne());
        assertThat(loaded.trained())
                .containsOnlyKeys("base_model.model.proj.rank_one_u", "base_model.model.proj.rank_one_v");
        assertThat(output(loaded)).isEqualTo(output(set));
    }

    @Test
    void it_is_merged() {
        AdapterSet set = trained();
        double[] expected = Cases.doubles(output(set));
        Tolerance tolerance = Tolerance.dot(4, 6, 2);
        Teeth.bite(output(set.merged(run)), y -> tolerance.check("merged", y, expected));
    }

    @Test
    void it_is_found_by_name_and_takes_its_options() {
        assertThat(Methods.all())
                .contains(new RankOne())
                .extracting(m -> m.name())
                .contains("rank-one");
        assertThat(Settings.of(new RankOne()).read(Map.of("spread", 2))).isEqualTo(new RankOne(2));
    }
}
