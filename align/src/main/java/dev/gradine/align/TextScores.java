package dev.gradine.align;

import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/// The scores that a reward model gives to texts.
///
/// @param model of one label: a language model with a head for scores, or an encoder
/// @param adapters on it
/// @param run lifetime within which passes are opened
public record TextScores(Classifier model, Adapters adapters, Kernels run) {

    private static final int TOKENS = 4096; // read in a pass, but for a group that alone has more

    /// The scores of groups of texts, in their order; what a group begins with is read once.
    ///
    /// @param groups texts that belong together, such as answers behind one prompt, each labelled at its last token
    public List<double[]> of(List<List<LabelledTokens>> groups) {
        List<double[]> all = new ArrayList<>();
        List<List<LabelledTokens>> some = new ArrayList<>();
        int tokens = 0;
        for (List<LabelledTokens> group : groups) {
            int own = group.stream().mapToInt(LabelledTokens::tokens).sum();
            if (!some.isEmpty() && tokens + own > TOKENS) {
                all.addAll(read(some));
                some.clear();
                tokens = 0;
            }
            some.add(group);
            tokens += own;
        }
        if (!some.isEmpty()) all.addAll(read(some));
        return all;
    }

    private List<double[]> read(List<List<LabelledTokens>> groups) {
        Packed packed = Packed.of(groups, adapters.areCausal());
        float[] values;
        try (Kernels k = run.openStep()) {
            Pass pass =
                    Pass.of(Tape.noGrad(k), TextOutputs.tokens(model, packed)).with(adapters);
            values = k.download(TextOutputs.of(model, pass, packed).z().value());
        }
        List<double[]> scores =
                groups.stream().map(group -> new double[group.size()]).toList();
        int at = 0;
        for (int b = 0; b < packed.branches(); b++) {
            for (double[] group : scores) if (b < group.length) group[b] = values[at++];
        }
        return scores;
    }
}
