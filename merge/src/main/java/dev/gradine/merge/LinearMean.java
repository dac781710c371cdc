package dev.gradine.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Weighted mean of the models.
///
/// ```
/// θ = Σ w_i θ_i / Σ w_i        without `normalize`: Σ w_i θ_i
/// ```
///
/// Wortsman et al. 2022, model soups (arXiv:2203.05482), section 2.
public record LinearMean() implements MergeRule {

    @Override
    public String name() {
        return "linear";
    }

    @Override
    public Set<String> perModel() {
        return Set.of("weight");
    }

    @Override
    public Set<String> global() {
        return Set.of("normalize");
    }

    @Override
    public float[] merge(Task t) {
        List<Given> all = new ArrayList<>(t.base());
        all.addAll(t.others());
        MergeRule.requireAlike(t, all);
        double sum =
                all.stream().mapToDouble(g -> g.required("weight", t.tensor())).sum();
        double divisor = t.global().or("normalize", 1) != 0 ? sum : 1;
        if (divisor == 0) throw new MergeException(t.tensor() + ": weights add up to 0, expected another sum");
        float[] y = new float[all.getFirst().values().length];
        for (Given g : all) {
            float w = (float) (g.required("weight", t.tensor()) / divisor);
            for (int i = 0; i < y.length; i++) y[i] += w * g.values()[i];
        }
        return y;
    }
}
