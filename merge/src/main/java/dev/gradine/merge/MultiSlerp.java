package dev.gradine.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Spherical mean of any number of models, in the plane that touches the sphere at their weighted mean.
///
/// ```
/// u_i = v_i / |v_i|      m = Σ w_i u_i, to length 1      τ = Σ w_i (u_i − (u_i · m) m)
/// θ   = |v| (m cos|τ| + τ sin|τ| / |τ|)                  |v| = Σ w_i |v_i|
/// ```
///
/// v_i is the tensor, less that of the base model where there is one, which is added again; the weights add up to 1
/// unless `normalize_weights` is false. By the description of mergekit's method of this name.
public record MultiSlerp() implements MergeRule {

    @Override
    public String name() {
        return "multislerp";
    }

    @Override
    public Set<String> perModel() {
        return Set.of("weight");
    }

    @Override
    public Set<String> global() {
        return Set.of("normalize_weights", "eps");
    }

    @Override
    public float[] merge(Task t) {
        List<Given> all = new ArrayList<>(t.base());
        all.addAll(t.others());
        MergeRule.requireAlike(t, all);
        if (t.others().size() == 1) return t.others().getFirst().values();
        float[] origin = t.base().isEmpty()
                ? new float[all.getFirst().values().length]
                : t.base().getFirst().values();
        double[] w = weights(t);
        double eps = t.global().or("eps", 1e-8);
        double[] lengths = new double[w.length];
        double[] m = new double[origin.length];
        double length = 0;
        for (int i = 0; i < w.length; i++) {
            float[] v = t.others().get(i).values();
            lengths[i] = distance(v, origin) + eps;
            length += w[i] * (lengths[i] - eps);
            for (int j = 0; j < m.length; j++) m[j] += w[i] * (v[j] - origin[j]) / lengths[i];
        }
        double size = norm(m);
        if (size < eps) return opposite(t, w);
        for (int j = 0; j < m.length; j++) m[j] /= size;
        double[] unit = unit(t.others(), w, new Sphere(origin, lengths, m), eps);
        float[] y = new float[m.length];
        for (int j = 0; j < m.length; j++) y[j] = (float) (origin[j] + length * unit[j]);
        return y;
    }

    /// A class, since arrays have no place in records.
    private static final class Sphere {
        private final double[] m;
        private final float[] origin;
        private final double[] lengths;

        Sphere(float[] origin, double[] lengths, double[] m) {
            this.origin = origin;
            this.lengths = lengths;
            this.m = m;
        }

        /// Value j of u_i.
        double unit(List<Given> all, int i, int j) {
            return (all.get(i).values()[j] - origin[j]) / lengths[i];
        }
    }

    private static double[] weights(Task t) {
        double[] w = t.others().stream()
                .mapToDouble(g -> g.required("weight", t.tensor()))
                .toArray();
        double sum = t.global().or("normalize_weights", 1) != 0
                ? java.util.Arrays.stream(w).sum()
                : 1;
        for (int i = 0; i < w.length; i++) w[i] /= sum;
        return w;
    }

    private static double[] unit(List<Given> all, double[] w, Sphere sphere, double eps) {
        double[] m = sphere.m;
        double[] tangent = new double[m.length];
        for (int i = 0; i < w.length; i++) {
            double along = 0;
            for (int j = 0; j < m.length; j++) along += sphere.unit(all, i, j) * m[j];
            for (int j = 0; j < m.length; j++) tangent[j] += w[i] * (sphere.unit(all, i, j) - along * m[j]);
        }
        double angle = norm(tangent) + eps;
        double[] y = new double[m.length];
        for (int j = 0; j < m.length; j++) {
            y[j] = m[j] * Math.cos(angle) + tangent[j] * Math.sin(angle) / angle;
        }
        return y;
    }

    /// Two that point away from each other have no mean direction: a straight line; of more there is no answer.
    private static float[] opposite(Task t, double[] w) {
        if (w.length != 2) {
            throw new MergeException(
                    t.tensor() + ": the weighted directions cancel out, expected other weights or models");
        }
        float[] a = t.others().get(0).values();
        float[] b = t.others().get(1).values();
        float[] base =
                t.base().isEmpty() ? new float[a.length] : t.base().getFirst().values();
        float[] y = new float[a.length];
        for (int j = 0; j < y.length; j++) {
            y[j] = (float) (base[j] + w[0] * (a[j] - base[j]) + w[1] * (b[j] - base[j]));
        }
        return y;
    }

    private static double distance(float[] v, float[] from) {
        double sum = 0;
        for (int j = 0; j < v.length; j++) sum += (double) (v[j] - from[j]) * (v[j] - from[j]);
        return Math.sqrt(sum);
    }

    private static double norm(double[] x) {
        double sum = 0;
        for (double v : x) sum += v * v;
        return Math.sqrt(sum);
    }
}
