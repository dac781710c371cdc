package dev.gradine.tensor.kernel;

import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Device contract of a recurrence over the tokens of packed sequences, whose state is a matrix for
/// each value head.
///
/// ```
/// u_t = v_t − exp(a_t) S_{t−1}ᵀ k_t       by the delta rule, else u_t = v_t
/// S_t = exp(a_t) S_{t−1} + β_t k_t u_tᵀ    y_t = S_tᵀ q_t
/// ```
///
/// Every sequence begins with a state of zeros, one that continues another with the last state of
/// that one. Value head h reads key head h / (valueHeads / keyHeads). Sums have one order, whatever
/// the number of threads.
public interface GatedRecurrenceKernel {

    /// What is written into the state.
    enum Rule {
        /// What the state does not hold yet under this key: Yang et al. 2024 (arXiv:2412.06464), eq.
        /// 10.
        DELTA,
        /// The value itself: Dao & Gu 2024 (arXiv:2405.21060), eq. 16.
        ADD
    }

    /// Sizes, and what is written.
    ///
    /// @param keyHeads G of q and k
    /// @param valueHeads H of v and y, a multiple of G
    /// @param keyDim values of a key, K
    /// @param valueDim values of a value, D
    record Heads(int keyHeads, int valueHeads, int keyDim, int valueDim, Rule rule) {

        /// @throws ShapeException if a number is below 1, or the key heads do not divide the value heads
        public Heads {
            boolean some = keyHeads > 0 && valueHeads > 0 && keyDim > 0 && valueDim > 0;
            if (!some || valueHeads % keyHeads != 0) {
                throw new ShapeException(
                        "gated_recurrence: %d value heads of %d over %d key heads of %d, expected a multiple of them"
                                .formatted(valueHeads, valueDim, keyHeads, keyDim));
            }
        }

        /// Values of a row of q and k, G·K.
        public int keyWidth() {
            return keyHeads * keyDim;
        }

        /// Values of a row of v and y, H·D.
        public int valueWidth() {
            return valueHeads * valueDim;
        }

        /// Values of one state of all heads, H·K·D.
        public int stateSize() {
            return Math.multiplyExact(Math.multiplyExact(valueHeads, keyDim), valueDim);
        }

        /// Value heads that read one key head.
        public int group() {
            return valueHeads / keyHeads;
        }
    }

    /// What the recurrence reads, or the gradients of it.
    ///
    /// @param q `f32[N,G·K]`
    /// @param k `f32[N,G·K]`
    /// @param v `f32[N,H·D]`
    /// @param decay a `f32[N,H]`, the logarithm of what is left of a state
    /// @param rate β `f32[N,H]`
    record Inputs(Tensor q, Tensor k, Tensor v, Tensor decay, Tensor rate) {}

    /// States that outlive a pass.
    ///
    /// @param states `f32[R,H·K·D]`
    /// @param rows which of them each sequence has
    record Kept(Tensor states, List<Integer> rows) {}

    /// Writes `y f32[N,H·D]`.
    ///
    /// With states that are kept, a sequence of more keys than queries begins with its own, and each
    /// leaves its last there. Without, every sequence has as many keys as queries.
    void forward(Inputs in, Heads heads, Sequences sequences, @Nullable Kept kept, Tensor y);

    /// Overwrites the gradients of all inputs of a pass without states that are kept.
    void backward(Tensor dy, Inputs in, Heads heads, Sequences sequences, Inputs gradients);

    /// Fails unless every sequence has all its tokens in this pass, or a state from before.
    ///
    /// @throws ShapeException names the sequence
    static void requireBeginnings(Sequences sequences, @Nullable Kept kept) {
        if (kept != null && kept.rows.size() != sequences.count()) {
            throw new ShapeException("gated_recurrence: %d states kept, expected one for each of %d sequences"
                    .formatted(kept.rows.size(), sequences.count()));
        }
        for (int s = 0; s < sequences.count(); s++) {
            if (kept == null && sequences.keys(s) != sequences.queries(s)) {
                throw new ShapeException(
                        "gated_recurrence: sequence %d has %d keys and %d queries, expected as many (no state is kept)"
                                .formatted(s, sequences.keys(s), sequences.queries(s)));
            }
        }
    }
}
