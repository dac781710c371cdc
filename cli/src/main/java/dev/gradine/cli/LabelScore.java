package dev.gradine.cli;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import java.io.PrintWriter;
import java.util.List;

/// What a classifier says of texts: a number of each of its labels.
///
/// @param run lifetime within which passes are opened
record LabelScore(Classifier model, Kernels run) {

    /// Logits of each text, one text after the other, `f32[B,L]`. Each has a pass of its own, so that it
    /// does not depend on its neighbours.
    ///
    /// @param each the adapters of each text
    float[] logits(List<TokenBatch> texts, List<Adapters> each) {
        int labels = model.labels().count();
        float[] all = new float[Math.multiplyExact(texts.size(), labels)];
        for (int b = 0; b < texts.size(); b++) {
            System.arraycopy(logits(texts.get(b), each.get(b)), 0, all, b * labels, labels);
        }
        return all;
    }

    private float[] logits(TokenBatch text, Adapters adapters) {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k), text).with(adapters);
            return k.download(model.logits(pass).value());
        }
    }

    /// Prints a line of each label: its probability, or the number where it is one; its logit; its name.
    void print(TokenBatch text, Adapters adapters, PrintWriter to) {
        float[] z = logits(text, adapters);
        double[] shown = model.labels().shown(z);
        for (int i = 0; i < z.length; i++) {
            to.printf(
                    "%9.4f  %9.4f  %s%n", shown[i], z[i], model.labels().names().get(i));
        }
        to.flush();
    }
}
