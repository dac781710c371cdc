package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.GivenBatch.Seen;
import dev.gradine.autograd.Tape;
import dev.gradine.data.DataException;
import dev.gradine.data.Label;
import dev.gradine.data.Row;
import dev.gradine.data.encode.LabelledText;
import dev.gradine.data.encode.RewardEncoder;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Labels.Problem;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Numbers keep the contract of recipes, with a number in the place of a log-probability; labels are
/// tried on logits.
class ClassifyTest implements RecipeContract<LabelledText> {

    private static final Labels NAMED = new Labels(List.of("bad", "fine", "good"), Problem.SINGLE_LABEL);

    @Override
    public Recipe<LabelledText> recipe() {
        return new Classify(1);
    }

    private static LabelledText text(long seed, Label label) {
        return new LabelledText(
                RewardEncoder.last(Examples.answer(seed, 2, 3, 0).ids()), label);
    }

    @Override
    public List<LabelledText> examples() {
        List<LabelledText> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) all.add(text(i, new Label.Numbered(0.5 * i)));
        return all;
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(Promise.LEARNS_THE_FIRST, Promise.KEEPS_TO_ITSELF);
    }

    @Override
    public double[] formula(Seen seen, Seen held) {
        double[] losses = new double[5];
        for (int i = 0; i < 5; i++) losses[i] = Math.pow(seen.sum(0, i) - 0.5 * i, 2);
        return losses;
    }

    private static final float[] LOGITS = {2, 1, 0, 0, 3, 1, 1, 0, 4, 5, 1, 1};

    private static Scored<LabelledText> batch(Kernels k, Label... labels) {
        List<LabelledText> all = new ArrayList<>();
        for (Label l : labels) all.add(text(all.size(), l));
        Packed packed =
                Packed.of(all.stream().map(Classify.defaults()::sequences).toList(), true);
        var z = Tape.recording(k).leaf(k.of(Shape.of(4, 3), LOGITS));
        return Scored.of(all, packed, new TextOutputs(z, NAMED));
    }

    @Test
    void the_loss_of_a_text_is_the_cross_entropy_of_its_label() {
        try (Kernels k = CpuKernels.open()) {
            var batch = batch(k, name("bad"), name("good"), new Label.Numbered(2), name("fine"));
            int[] y = {0, 2, 2, 1};
            double[] expected = new double[4];
            for (int i = 0; i < 4; i++) {
                double sum = 0;
                for (int l = 0; l < 3; l++) sum += Math.exp(LOGITS[3 * i + l]);
                expected[i] = Math.log(sum) - LOGITS[3 * i + y[i]];
            }
            float[] losses = k.download(Classify.defaults().loss(batch).value());
            Teeth.bite(losses, l -> Tolerance.elementwise(16, 5).check("loss", l, expected));
        }
    }

    @Test
    void accuracy_and_f1_are_scikit_learns() {
        try (Kernels k = CpuKernels.open()) {
            MeanMetrics m = new MeanMetrics();
            // given: bad, fine, good, bad
            Classify.defaults().measure(batch(k, name("bad"), name("bad"), name("good"), name("good")), m);
            Map<String, Double> means = m.means();
            assertThat(means).containsEntry("accuracy", 0.5);
            double bad = 2 * 1 / 4.0;
            double fine = 0;
            double good = 2 * 1 / 3.0;
            assertThat(means.get("f1")).isCloseTo((bad + fine + good) / 3, within(1e-12));
        }
    }

    private static Label name(String name) {
        return new Label.Named(name);
    }

    private static List<Row> rows(Label... labels) {
        List<Row> all = new ArrayList<>();
        for (Label l : labels) all.add(new Row.Text("text", List.of(l)));
        return all;
    }

    @Test
    void labels_are_those_of_the_rows() {
        Classify c = Classify.defaults();
        assertThat(c.labels(rows(name("b"), name("a"), name("b"))).names()).containsExactly("a", "b");
        assertThat(c.labels(rows(new Label.Numbered(2))).names()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
        assertThat(new Classify(4).labels(rows(new Label.Numbered(2))).count()).isEqualTo(4);
        assertThat(new Classify(1).labels(rows(new Label.Numbered(0.5))))
                .isEqualTo(new Labels(List.of("LABEL_0"), Problem.REGRESSION));
    }

    @Test
    void labels_that_are_none_are_refused() {
        refuses(
                Classify.defaults(),
                rows(name("a"), new Label.Numbered(0)),
                "labels: some are numbers and some names, such" + " as \"a\"; expected one of the two");
        refuses(
                Classify.defaults(),
                rows(new Label.Numbered(0.5)),
                "label is 0.5, expected a whole number from 0 or a name" + " (or --num-labels 1 for numbers)");
        refuses(
                Classify.defaults(),
                rows(name("a")),
                "labels: the rows have 1, expected at least 2 (or --num-labels 1 for" + " numbers)");
        refuses(new Classify(3), rows(name("a"), name("b")), "labels: the rows have 2, expected 3 (--num-labels)");
        try (Kernels k = CpuKernels.open()) {
            var batch = batch(k, name("bad"), name("great"), name("good"), name("good"));
            assertThatThrownBy(() -> Classify.defaults().loss(batch))
                    .hasMessage("label is \"great\", expected one of [bad, fine, good] (those of the model)");
        }
    }

    private static void refuses(Classify c, List<Row> rows, String message) {
        assertThatThrownBy(() -> c.labels(rows))
                .isInstanceOf(DataException.class)
                .hasMessage(message);
    }
}
