package dev.gradine.tensor.kernel;

import dev.gradine.tensor.ShapeException;

/// What an attention layer computes.
///
/// ```
/// S = cap(scale · q kᵀ) + mask      cap(s) = softCap · tanh(s / softCap), or s without one
/// ```
///
/// Query head h reads key head `h / (heads / kvHeads)`. Soft caps: Gemma Team 2024 (arXiv:2408.00118), section 2.
///
/// @param heads query heads H
/// @param kvHeads key and value heads G, a divisor of H
/// @param headDim D, size of one head
/// @param scale factor of the scores, usually 1/√D
/// @param softCap bound of the scores' size, 50 in Gemma 2; 0 for none
/// @param mask which keys a query sees
public record AttentionSpec(int heads, int kvHeads, int headDim, float scale, float softCap, Mask mask) {

    /// @throws IllegalArgumentException if `softCap` is negative or no number
    public AttentionSpec {
        if (!(softCap >= 0 && softCap <= Float.MAX_VALUE)) {
            throw new IllegalArgumentException(
                    "attention: soft cap is " + softCap + ", expected a positive number, or 0 for none");
        }
    }

    /// Causal attention without a cap.
    public static AttentionSpec causal(int heads, int kvHeads, int headDim, float scale) {
        return new AttentionSpec(heads, kvHeads, headDim, scale, 0, new Mask.Causal());
    }

    /// The same with another mask.
    public AttentionSpec with(Mask other) {
        return new AttentionSpec(heads, kvHeads, headDim, scale, softCap, other);
    }

    /// The same with another cap.
    public AttentionSpec withSoftCap(float cap) {
        return new AttentionSpec(heads, kvHeads, headDim, scale, cap, mask);
    }

    /// Query heads that read one key head.
    public int perGroup() {
        return heads / kvHeads;
    }

    /// Which keys the queries of sequence `s` of `mask().over(…)` see.
    public Band band(Sequences sequences, int s) {
        return mask.band(sequences.queries(s), sequences.visibleKeys(s));
    }

    /// Fails where a query of `sequences` would see no key, or has no position among the keys.
    ///
    /// @throws ShapeException if queries have no key at all, or fewer than there are queries and not all are seen
    public void require(Sequences sequences) {
        for (int s = 0; s < sequences.count(); s++) {
            int queries = sequences.queries(s);
            int keys = sequences.keys(s);
            if (!(mask instanceof Mask.Full) && keys < queries) {
                throw new ShapeException(
                        "attention: sequence %d has %d keys, expected at least its %d queries (mask %s)"
                                .formatted(s, keys, queries, mask));
            }
            if (queries > 0 && sequences.visibleKeys(s) == 0) {
                throw new ShapeException("attention: sequence %d has no key, expected at least 1 for its %d queries"
                        .formatted(s, queries));
            }
        }
    }
}
