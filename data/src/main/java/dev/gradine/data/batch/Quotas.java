package dev.gradine.data.batch;

import java.util.List;

/// How many rows of each of several sources every step takes, so that each has its share of what was taken so far.
///
/// ```
/// C_1(n) = round(n · w_1)        C_2(n) = round((n − C_1(n)) · w_2 / (1 − w_1))        …
/// ```
///
/// are the rows of each source among the first n of a run: of two sources each is within half a row of its share at any
/// time, and every step follows from its number alone. `interleave_datasets` of Hugging Face draws the source of each
/// row instead: the same shares in the long run, not in every batch.
public final class Quotas {

    private final List<Double> shares;
    private final int perStep;

    /// @param shares of the sources, of which the sum is 1
    /// @param perStep rows of a step
    /// @throws IllegalArgumentException if the shares do not add up to 1, or one is not above 0
    public Quotas(List<Double> shares, int perStep) {
        double sum = shares.stream().mapToDouble(w -> w).sum();
        if (shares.isEmpty() || shares.stream().anyMatch(w -> !(w > 0)) || Math.abs(sum - 1) > 1e-9) {
            throw new IllegalArgumentException(
                    "quotas: shares are " + shares + ", expected some above 0 that sum to 1");
        }
        if (perStep < 1)
            throw new IllegalArgumentException("quotas: rows of a step are " + perStep + ", expected >= 1");
        this.shares = List.copyOf(shares);
        this.perStep = perStep;
    }

    /// Rows of a source that the steps before `step` take.
    ///
    /// @param source number of it, from 0
    public long before(int source, long step) {
        long left = Math.multiplyExact(step, perStep);
        double rest = 1;
        for (int i = 0; i < shares.size(); i++) {
            boolean last = i == shares.size() - 1;
            long own = last ? left : Math.min(left, Math.round(left * Math.min(1, shares.get(i) / rest)));
            if (i == source) return own;
            left -= own;
            rest -= shares.get(i);
        }
        throw new IllegalArgumentException("quotas: source is " + source + ", expected below " + shares.size());
    }

    /// Share of a source.
    public double share(int source) {
        return shares.get(source);
    }

    /// Rows of a step, of all sources.
    public int perStep() {
        return perStep;
    }
}
