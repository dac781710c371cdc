package dev.gradine.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Between the base and the mean of the models, the nearer to the mean the more they agree.
///
/// ```
/// θ = t · mean θ_i + (1 − t) θ₀      t = n cos φ / (1 + (n − 1) cos φ)
/// ```
///
/// φ is the angle between what two models changed; of more than two, cos φ is the mean over all pairs. Jang, Yun & Han
/// 2024 (arXiv:2403.19522), eq. 4. With `filter_wise` each row has an angle of its own.
public record ModelStock() implements MergeRule {

    @Override
    public String name() {
        return "model_stock";
    }

    @Override
    public Set<String> perModel() {
        return Set.of();
    }

    @Override
    public Set<String> global() {
        return Set.of("filter_wise");
    }

    @Override
    public float[] merge(Task t) {
        float[] base = t.requireBase(name()).values();
        if (t.others().isEmpty()) return base;
        if (t.others().size() < 2) {
            throw new MergeException("model_stock: one model for %s, expected a base model and at least two others"
                    .formatted(t.tensor()));
        }
        List<Given> all = new ArrayList<>(t.base());
        all.addAll(t.others());
        MergeRule.requireAlike(t, all);
        int rows = t.global().or("filter_wise", 0) != 0 ? t.rows() : 1;
        int width = base.length / rows;
        float[] y = new float[base.length];
        for (int r = 0; r < rows; r++) row(t.others(), base, r * width, width, y);
        return y;
    }

    private static void row(List<Given> others, float[] base, int from, int width, float[] y) {
        int n = others.size();
        double sum = 0;
        for (int a = 0; a < n; a++) {
            for (int b = a + 1; b < n; b++)
                sum += cos(others.get(a).values(), others.get(b).values(), base, from, width);
        }
        double cos = sum / (n * (n - 1) / 2.0);
        double t = n * cos / (1 + (n - 1) * cos);
        for (int i = from; i < from + width; i++) {
            double mean = 0;
            for (Given g : others) mean += g.values()[i];
            y[i] = (float) (t * mean / n + (1 - t) * base[i]);
        }
    }

    private static double cos(float[] a, float[] b, float[] base, int from, int width) {
        double product = 0;
        double aa = 0;
        double bb = 0;
        for (int i = from; i < from + width; i++) {
            double x = a[i] - base[i];
            double y = b[i] - base[i];
            product += x * y;
            aa += x * x;
            bb += y * y;
        }
        return Math.clamp(product / Math.max(Math.sqrt(aa) * Math.sqrt(bb), 1e-6), -1.0, 1.0);
    }
}
