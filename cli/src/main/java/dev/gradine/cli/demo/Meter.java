package dev.gradine.cli.demo;

import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.cli.demo.Storyteller.Story;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/// Measures states of a model on the same held-out data with the same seeds.
///
/// @param held completions of held-out stories
/// @param pairs of held-out openings
/// @param whole whole stories
/// @param prompts held-out openings to tell stories from
/// @param seed of the first story
public record Meter(
        List<LabelledTokens> held, List<Pair> pairs, List<LabelledTokens> whole, List<String> prompts, long seed) {

    private static final int BATCH = 8;

    /// Measures the model of `teller` as it is.
    ///
    /// @param reference `margins` of the state that DPO started from
    public Scores of(Storyteller teller, double[] reference) {
        double[] margins = margins(teller);
        List<Story> told = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) told.add(teller.tell(prompts.get(i), seed + i));
        return new Scores(
                loss(teller, held),
                above(margins, new double[margins.length]),
                above(margins, reference),
                loss(teller, whole),
                told);
    }

    private static double loss(Storyteller teller, List<LabelledTokens> examples) {
        double sum = 0;
        long tokens = 0;
        for (int i = 0; i < examples.size(); i += BATCH) {
            List<LabelledTokens> batch = examples.subList(i, Math.min(examples.size(), i + BATCH));
            for (double logp : sums(teller, batch)) sum -= logp;
            for (LabelledTokens l : batch) tokens += l.predicted();
        }
        return sum / tokens;
    }

    /// Log-probability of the chosen story less that of the rejected one, for each pair, nats.
    public double[] margins(Storyteller teller) {
        double[] margins = new double[pairs.size()];
        for (int i = 0; i < margins.length; i++) {
            double[] logp =
                    sums(teller, List.of(pairs.get(i).chosen(), pairs.get(i).rejected()));
            margins[i] = logp[0] - logp[1];
        }
        return margins;
    }

    /// Share of the pairs whose margin has grown beyond `than`; ties count half.
    static double above(double[] margins, double[] than) {
        double count = 0;
        for (int i = 0; i < margins.length; i++) count += (Math.signum(margins[i] - than[i]) + 1) / 2;
        return count / margins.length;
    }

    /// Log-probability of the labelled tokens of each sequence, nats.
    private static double[] sums(Storyteller teller, List<LabelledTokens> batch) {
        try (Kernels k = teller.run().openStep()) {
            TokenLogProbs lp = TokenLogProbs.of(Tape.noGrad(k), teller.policy(), batch);
            float[] sums = k.download(lp.sums().value());
            double[] wide = new double[sums.length];
            for (int i = 0; i < wide.length; i++) wide[i] = sums[i];
            return wide;
        }
    }
}
