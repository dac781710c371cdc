package dev.gradine.lab.objectives;

import dev.gradine.align.Answers;
import dev.gradine.align.Packed;
import dev.gradine.align.PairLoss;
import dev.gradine.align.Recipe;
import dev.gradine.align.Scored;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.DataSet;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.PreferenceEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.lab.objectives.ObjectiveRow.Preference;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// How a policy tells the chosen from the rejected answer of pairs it has not learnt.
///
/// @param recipe whose score it is measured by
/// @param model the base
/// @param batch pairs computed at once
record HeldPairs(Recipe<?> recipe, CausalLm model, int batch) {

    /// Pairs as DPO reads them.
    static List<Pair> of(TextCodec codec, DataSet rows, int maxLength) {
        return new PreferenceEncoder(codec, maxLength).encode(rows).examples();
    }

    Preference of(Policy policy, List<Pair> pairs, Kernels run) {
        double before = 0;
        double after = 0;
        double gained = 0;
        double margin = 0;
        for (int from = 0; from < pairs.size(); from += batch) {
            List<Pair> some = pairs.subList(from, Math.min(pairs.size(), from + batch));
            try (Kernels k = run.openStep()) {
                Packed packed = Packed.of(
                        some.stream()
                                .map(p -> List.of(p.chosen(), p.rejected()))
                                .toList(),
                        true);
                TokenLogProbs base = TokenLogProbs.of(Tape.noGrad(k), Policy.of(model), packed);
                float[] reference = k.download(base.values().value());
                Scored<Pair> then = Scored.of(some, packed, base, reference);
                Scored<Pair> now = Scored.of(some, packed, TokenLogProbs.of(Tape.noGrad(k), policy, packed), reference);
                for (int i = 0; i < some.size(); i++) {
                    before += ahead(score(then.branch(0), i), score(then.branch(1), i));
                    after += ahead(score(now.branch(0), i), score(now.branch(1), i));
                    double lead = now.branch(0).logRatio(i) - now.branch(1).logRatio(i);
                    gained += ahead(lead, 0);
                    margin += lead;
                }
            }
        }
        int n = pairs.size();
        return new Preference(before / n, after / n, gained / n, margin / n);
    }

    /// What the objective raises of chosen answers.
    private double score(Answers answers, int i) {
        if (recipe instanceof PairLoss p) return p.score(answers, i);
        return recipe.reference().isThere() ? answers.logRatio(i) : answers.mean(i);
    }

    private static double ahead(double chosen, double rejected) {
        if (chosen == rejected) return 0.5;
        return chosen > rejected ? 1 : 0;
    }
}
