package dev.gradine.merge;

import java.util.Set;

/// Spherical interpolation between two models: from one direction to the other at an even pace.
///
/// ```
/// θ = sin((1 − t) φ) / sin φ · θ_a + sin(t φ) / sin φ · θ_b      φ the angle between them, a the base model
/// ```
///
/// Shoemake 1985, on quaternions. Nearly parallel tensors, |cos φ| > 0.9995, are interpolated in a straight line, as in
/// mergekit; so are nearly opposite ones.
public record Slerp() implements MergeRule {

    private static final double PARALLEL = 0.9995;

    @Override
    public String name() {
        return "slerp";
    }

    @Override
    public Set<String> perModel() {
        return Set.of();
    }

    @Override
    public Set<String> global() {
        return Set.of("t");
    }

    @Override
    public float[] merge(Task t) {
        Given a = t.requireBase(name());
        if (t.others().isEmpty()) return a.values();
        if (t.others().size() != 1) {
            throw new MergeException("slerp: %d models, expected two, the base model among them"
                    .formatted(t.others().size() + 1));
        }
        Given b = t.others().getFirst();
        MergeRule.requireAlike(t, java.util.List.of(a, b));
        double share = t.global().required("t", t.tensor());
        double cos = cos(a.values(), b.values());
        boolean straight = Math.abs(cos) > PARALLEL;
        double angle = Math.acos(Math.clamp(cos, -1.0, 1.0));
        double wa = straight ? 1 - share : Math.sin((1 - share) * angle) / Math.sin(angle);
        double wb = straight ? share : Math.sin(share * angle) / Math.sin(angle);
        float[] y = new float[a.values().length];
        for (int i = 0; i < y.length; i++) y[i] = (float) (wa * a.values()[i] + wb * b.values()[i]);
        return y;
    }

    private static double cos(float[] a, float[] b) {
        double product = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        double lengths = unlessTiny(Math.sqrt(aa)) * unlessTiny(Math.sqrt(bb));
        return product / lengths;
    }

    private static double unlessTiny(double length) {
        return length > 1e-8 ? length : 1;
    }
}
