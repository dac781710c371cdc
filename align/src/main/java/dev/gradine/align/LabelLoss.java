package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.softplus;
import static dev.gradine.autograd.op.Functions.square;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.SumLast.sumLast;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Labels.Problem;
import dev.gradine.tensor.Kernels;

/// What a classifier has to learn of texts whose labels are known.
///
/// ```
/// one of the labels     L = −mean log softmax(z)[y]                       over texts
/// several labels        L = mean (log(1 + exp(z)) − y · z)                over texts and labels
/// numbers               L = mean (z − y)²                                 over texts and labels
/// ```
///
/// Cross entropy, binary cross entropy of each label, squared error: transformers'
/// `ForSequenceClassificationLoss`. Which one it is, `Labels.asked` says.
///
/// @param labels what the outputs stand for
public record LabelLoss(Labels labels) {

    /// The loss of texts whose labels are whole numbers, one a text.
    ///
    /// @param z outputs `f32[S,L]`
    /// @throws IllegalArgumentException if a label is none of the labels, or texts need a value of each label
    public Var of(Var z, int[] y) {
        return mean(each(z, y));
    }

    /// That of each text, `f32[S]`, of which it is the mean.
    public Var each(Var z, int[] y) {
        Problem problem = labels.asked(true);
        if (problem != Problem.SINGLE_LABEL) {
            float[] values = new float[y.length];
            for (int i = 0; i < y.length; i++) values[i] = y[i];
            return each(z, values);
        }
        requireCount(y.length, z.shape().dim(0));
        for (int label : y) {
            if (label >= 0 && label < labels.count()) continue;
            throw new IllegalArgumentException(
                    "labels: a text has %d, expected 0 to %d".formatted(label, labels.count() - 1));
        }
        return neg(logProb(z, z.tape().kernels().ofInts(y), null));
    }

    /// The loss of texts that have a value of each label, text after text.
    ///
    /// @param z outputs `f32[S,L]`
    /// @throws IllegalArgumentException if they are too few or too many, or a text has one label of several
    public Var of(Var z, float[] y) {
        return mean(each(z, y));
    }

    /// That of each text, `f32[S]`, of which it is the mean.
    public Var each(Var z, float[] y) {
        Problem problem = labels.asked(false);
        if (problem == Problem.SINGLE_LABEL) {
            throw new IllegalArgumentException(
                    "labels: are no whole numbers, expected the number of one label for each text (problem_type)");
        }
        requireCount(y.length, z.value().size());
        Kernels k = z.tape().kernels();
        Var given = z.tape().constant(k.of(z.shape(), y));
        Var each = problem == Problem.REGRESSION ? square(sub(z, given)) : sub(softplus(z), mul(given, z));
        return scale(sumLast(each), 1f / labels.count());
    }

    private void requireCount(int given, int expected) {
        if (given == expected) return;
        throw new IllegalArgumentException(
                "labels: %d are given, expected %d (texts of %d labels)".formatted(given, expected, labels.count()));
    }
}
