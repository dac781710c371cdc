package dev.gradine.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The tensor of the one model that a slice names, times `scale`: layers of several models one behind the other.
public record Passthrough() implements MergeRule {

    @Override
    public String name() {
        return "passthrough";
    }

    @Override
    public Set<String> perModel() {
        return Set.of("scale");
    }

    @Override
    public Set<String> global() {
        return Set.of();
    }

    @Override
    public float[] merge(Task t) {
        List<Given> all = new ArrayList<>(t.base());
        all.addAll(t.others());
        if (all.size() != 1) {
            throw new MergeException("passthrough: %d models for %s, expected one".formatted(all.size(), t.tensor()));
        }
        Given g = all.getFirst();
        float scale = (float) g.or("scale", 1);
        if (scale == 1) return g.values();
        float[] y = g.values().clone();
        for (int i = 0; i < y.length; i++) y[i] *= scale;
        return y;
    }
}
