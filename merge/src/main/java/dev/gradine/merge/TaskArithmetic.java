package dev.gradine.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What each model changed of the base, thinned out, weighed, and added to the base again.
///
/// ```
/// τ_i = keep(θ_i − θ₀)      s = sign Σ w_i τ_i      m_i = 1 where sign(w_i τ_i) = s, else 0
/// θ   = θ₀ + λ · Σ m_i w_i τ_i / d                  d = Σ m_i w_i where `normalize`, else 1
/// ```
///
/// Without election of signs m is 1. Ilharco et al. 2023 (arXiv:2212.04089); TIES: Yadav et al. 2023
/// (arXiv:2306.01708), section 3; DARE: Yu et al. 2024 (arXiv:2311.03099); breadcrumbs: Davari & Belilovsky 2024
/// (arXiv:2312.06795); DELLA: Deep, Bhardwaj & Poria 2024 (arXiv:2406.11617). As mergekit has it: per tensor, signs of
/// the weighted changes, a sum of 0 counting as positive, and what random masks leave rescaled to the old sum of
/// magnitudes.
///
/// @param name what mergekit calls it
/// @param sparse which values are kept
/// @param elects whether signs are elected
/// @param normalize whether the result is divided by the weights, unless the configuration says otherwise
/// @param rescale whether what is kept makes up for what is not, likewise
public record TaskArithmetic(String name, Sparse sparse, boolean elects, boolean normalize, boolean rescale)
        implements MergeRule {

    static TaskArithmetic plain() {
        return new TaskArithmetic("task_arithmetic", Sparse.NONE, false, false, false);
    }

    static TaskArithmetic ties() {
        return new TaskArithmetic("ties", Sparse.LARGEST, true, true, false);
    }

    static TaskArithmetic dareTies() {
        return new TaskArithmetic("dare_ties", Sparse.RANDOM, true, false, true);
    }

    static TaskArithmetic dareLinear() {
        return new TaskArithmetic("dare_linear", Sparse.RANDOM, false, false, true);
    }

    static TaskArithmetic breadcrumbs() {
        return new TaskArithmetic("breadcrumbs", Sparse.WITHOUT_OUTLIERS, false, false, false);
    }

    static TaskArithmetic breadcrumbsTies() {
        return new TaskArithmetic("breadcrumbs_ties", Sparse.WITHOUT_OUTLIERS, true, false, false);
    }

    static TaskArithmetic della() {
        return new TaskArithmetic("della", Sparse.BY_RANK, true, true, true);
    }

    static TaskArithmetic dellaLinear() {
        return new TaskArithmetic("della_linear", Sparse.BY_RANK, false, false, true);
    }

    @Override
    public Set<String> perModel() {
        return switch (sparse) {
            case WITHOUT_OUTLIERS -> Set.of("weight", "density", "gamma");
            case BY_RANK -> Set.of("weight", "density", "epsilon");
            default -> Set.of("weight", "density");
        };
    }

    @Override
    public Set<String> global() {
        return Set.of("normalize", "rescale", "lambda", "int8_mask");
    }

    @Override
    public float[] merge(Task t) {
        float[] y = t.requireBase(name).values().clone();
        List<float[]> changes = new ArrayList<>();
        double[] weights = new double[t.others().size()];
        for (Given g : t.others()) {
            weights[changes.size()] = g.required("weight", t.tensor());
            changes.add(change(t, g, y, changes.size()));
        }
        double lambda = t.global().or("lambda", 1);
        boolean divides = t.global().or("normalize", normalize ? 1 : 0) != 0;
        for (int i = 0; i < y.length; i++) y[i] += (float) (lambda * mixed(changes, weights, i, divides));
        return y;
    }

    private float[] change(Task t, Given g, float[] base, int number) {
        MergeRule.requireAlike(t, List.of(t.base().getFirst(), g));
        float[] delta = g.values().clone();
        for (int i = 0; i < delta.length; i++) delta[i] -= base[i];
        var settings = new Sparse.Settings(
                t.rows(), g.or("density", 1), g.or("gamma", 0.01), g.or("epsilon", 0.15), t.seed() + number);
        if (!(settings.density() > 0)) {
            throw new MergeException("%s: density is %s for %s, expected more than 0"
                    .formatted(g.model(), settings.density(), t.tensor()));
        }
        sparse.keep(delta, settings, t.global().or("rescale", rescale ? 1 : 0) != 0);
        return delta;
    }

    private double mixed(List<float[]> changes, double[] weights, int at, boolean divides) {
        double all = 0;
        for (int m = 0; m < weights.length; m++) all += weights[m] * changes.get(m)[at];
        double sign = all >= 0 ? 1 : -1;
        double sum = 0;
        double divisor = 0;
        for (int m = 0; m < weights.length; m++) {
            double v = weights[m] * changes.get(m)[at];
            if (elects && Math.signum(v) != sign) continue;
            sum += v;
            divisor += weights[m];
        }
        if (!divides) return sum;
        boolean none = elects ? divisor == 0 : Math.abs(divisor) < 1e-8;
        return none ? sum : sum / divisor;
    }
}
