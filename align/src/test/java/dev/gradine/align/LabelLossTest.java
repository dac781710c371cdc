package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Labels.Problem;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class LabelLossTest {

    private static final int TEXTS = 4;
    private static final int LABELS = 3;
    private static final int[] CLASSES = {2, 0, 1, 2};
    private static final float[] VALUES = {1, 0, 1, 0, 0, 1, 0.5f, 1, 1, 0, 0, 0};

    private static Labels labels(Problem problem) {
        return new Labels(List.of("a", "b", "c"), problem);
    }

    /// Loss and gradient of random outputs.
    private static void check(UnaryOperator<Var> loss, ToDoubleFunction<double[]> formula) {
        float[] z = Cases.plain(3, TEXTS * LABELS, 2);
        try (Kernels run = CpuKernels.open()) {
            Tape tape = Tape.recording(run);
            Var x = tape.leaf(run.of(Shape.of(TEXTS, LABELS), z));
            Var l = loss.apply(x);
            tape.backward(l);
            double[] at = Cases.doubles(z);
            Teeth.bite(
                    run.download(l.value()),
                    v -> Tolerance.elementwise(16, 4).check("loss", v, new double[] {formula.applyAsDouble(at)}));
            double[] slope = FiniteDifference.of(formula, at);
            Teeth.bite(run.download(x.grad()), d -> Tolerance.slope(2, 16).check("dz", d, slope));
        }
    }

    @Test
    void one_of_the_labels_is_a_cross_entropy() {
        check(z -> new LabelLoss(labels(Problem.UNSAID)).of(z, CLASSES), z -> {
            double sum = 0;
            for (int s = 0; s < TEXTS; s++) {
                double all = 0;
                for (int l = 0; l < LABELS; l++) all += Math.exp(z[s * LABELS + l]);
                sum -= z[s * LABELS + CLASSES[s]] - Math.log(all);
            }
            return sum / TEXTS;
        });
    }

    @Test
    void several_labels_are_a_cross_entropy_each() {
        check(z -> new LabelLoss(labels(Problem.UNSAID)).of(z, VALUES), z -> {
            double sum = 0;
            for (int i = 0; i < z.length; i++) {
                double p = 1 / (1 + Math.exp(-z[i]));
                sum -= VALUES[i] * Math.log(p) + (1 - VALUES[i]) * Math.log(1 - p);
            }
            return sum / z.length;
        });
    }

    @Test
    void numbers_are_a_squared_error() {
        check(z -> new LabelLoss(labels(Problem.REGRESSION)).of(z, VALUES), z -> {
            double sum = 0;
            for (int i = 0; i < z.length; i++) sum += (z[i] - VALUES[i]) * (z[i] - VALUES[i]);
            return sum / z.length;
        });
    }

    @Test
    void one_output_is_a_number_whatever_its_labels_are() {
        Labels one = Labels.score();
        try (Kernels run = CpuKernels.open()) {
            Var z = Tape.noGrad(run).constant(run.of(Shape.of(2, 1), 1f, 3f));
            float[] loss =
                    run.download(new LabelLoss(one).of(z, new int[] {0, 5}).value());
            Tolerance.loss().check("loss", loss, new double[] {2.5});
        }
    }

    @Test
    void labels_that_do_not_fit_are_refused() {
        try (Kernels run = CpuKernels.open()) {
            Var z = Tape.noGrad(run).constant(run.zeros(Shape.of(TEXTS, LABELS)));
            LabelLoss single = new LabelLoss(labels(Problem.SINGLE_LABEL));
            assertThatThrownBy(() -> single.of(z, new int[] {0, 1, 3, 0}))
                    .hasMessage("labels: a text has 3, expected 0 to 2");
            assertThatThrownBy(() -> single.of(z, new int[] {0, 1}))
                    .hasMessage("labels: 2 are given, expected 4 (texts of 3 labels)");
            assertThatThrownBy(() -> single.of(z, VALUES))
                    .hasMessage("labels: are no whole numbers, expected the number of one label for each text"
                            + " (problem_type)");
        }
    }
}
