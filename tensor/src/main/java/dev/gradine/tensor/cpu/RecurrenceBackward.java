package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.cpu.RecurrentStep.Token;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Rule;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// Gradients of the recurrence in one value head, from the last token to the first.
///
/// ```
/// dS += q dyᵀ        dq = S dy          du = β dSᵀ k        dβ = kᵀ dS u        dk = β dS u
/// dv = du            da = g · (dS · S₋ − kᵀ S₋ du)          dk −= g S₋ du       dS ← g (dS − k duᵀ)
/// ```
///
/// S₋ is the state before the token, and `·` between matrices the sum of products. Terms with `S₋ du`
/// and `k duᵀ` are of the delta rule alone.
///
/// @param in the inputs
/// @param d their gradients
/// @param dy gradient of y
record RecurrenceBackward(RecurrentPlaces in, RecurrentPlaces d, long dy, int head) {

    /// Working memory of one sequence.
    ///
    /// @param notes states at the beginnings of pieces
    /// @param states those within a piece
    /// @param us u of the tokens of a piece
    private record Work(RecurrentStep step, int piece, long notes, long states, long us, long du, long y) {

        long state(int i) {
            return states + 4L * i * step.size();
        }

        long note(int i) {
            return notes + 4L * i * step.size();
        }

        long u(int i) {
            return us + 4L * i * step.valueDim();
        }
    }

    /// @param family a sequence that continues none, then those that continue it
    void run(List<Integer> family, Sequences sequences) {
        RecurrentStep step = in.step();
        int longest = family.stream().mapToInt(sequences::queries).max().orElse(0);
        int piece = Math.max(1, (int) Math.ceil(Math.sqrt(longest)));
        int notes = longest / piece + 1;
        long size = step.size();
        long at = Scratch.own().ownPanels((3 + notes + piece + 1) * size + (piece + 2L) * step.valueDim());
        long root = at; // last state of the first sequence
        long ofRoot = at + 4 * size; // its gradient
        long own = at + 8 * size; // gradient of the state of a sequence that continues it
        long states = at + 12 * size + 4L * notes * size;
        long us = states + 4L * (piece + 1) * size;
        long du = us + 4L * piece * step.valueDim();
        var w = new Work(step, piece, at + 12 * size, states, us, du, du + 4L * step.valueDim());
        int first = family.getFirst();
        if (family.size() > 1) {
            Vectors.fill(root, step.size(), 0);
            int end = sequences.queryStart(first + 1);
            for (int t = sequences.queryStart(first); t < end; t++) step.run(in.token(t, head), root, w.u(0), w.y);
        }
        Vectors.fill(ofRoot, step.size(), 0);
        for (int s : family.subList(1, family.size())) {
            Vectors.fill(own, step.size(), 0);
            back(w, sequences.queryStart(s), sequences.queries(s), root, own);
            RecurrentStep.add(own, 1, ofRoot, step.size());
        }
        back(w, sequences.queryStart(first), sequences.queries(first), 0, ofRoot);
    }

    /// One sequence of `n` rows from row `from` on.
    ///
    /// @param begin its first state, 0 for zeros
    /// @param ds gradient of its last state, which becomes that of its first
    private void back(Work w, int from, int n, long begin, long ds) {
        if (n == 0) return;
        GatedRecurrenceCpu.begin(w.note(0), begin, w.step.size());
        int pieces = (n - 1) / w.piece + 1;
        for (int p = 1; p < pieces; p++) {
            copy(w.note(p - 1), w.note(p), w);
            for (int i = 0; i < w.piece; i++) {
                w.step.run(in.token(from + (p - 1) * w.piece + i, head), w.note(p), w.u(0), w.y);
            }
        }
        for (int p = pieces - 1; p >= 0; p--) {
            int start = from + p * w.piece;
            int count = Math.min(w.piece, from + n - start);
            copy(w.note(p), w.state(0), w);
            for (int i = 0; i < count; i++) {
                copy(w.state(i), w.state(i + 1), w);
                w.step.run(in.token(start + i, head), w.state(i + 1), w.u(i), w.y);
            }
            for (int i = count - 1; i >= 0; i--) token(w, start + i, i, ds);
        }
    }

    /// `y += a x`, and `Σ x · u`
    private static float readAndDot(long x, float a, long y, long u, int n) {
        FloatVector as = FloatVector.broadcast(F, a);
        FloatVector sum = FloatVector.zero(F);
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector v = load(x, j);
            store(v.fma(as, load(y, j)), y, j);
            sum = v.fma(load(u, j), sum);
        }
        float rest = 0;
        for (; j < n; j++) {
            set(y, j, Math.fma(get(x, j), a, get(y, j)));
            rest = Math.fma(get(x, j), get(u, j), rest);
        }
        return Vectors.sum(sum) + rest;
    }

    private static void copy(long from, long to, Work w) {
        MemorySegment.copy(MEMORY, from, MEMORY, to, 4L * w.step.size());
    }

    /// Row `t`, which leads from state `i` of the piece to state `i + 1`.
    private void token(Work w, int t, int i, long ds) {
        Token at = in.token(t, head);
        int n = w.step.valueDim();
        boolean isDelta = w.step.rule() == Rule.DELTA;
        long up = dy + in.valueAt(t, head);
        long dq = d.q() + in.keyAt(t, head);
        long dk = d.k() + in.keyAt(t, head);
        double ofRate = 0;
        double ofDecay = 0;
        Vectors.fill(w.du, n, 0);
        for (int c = 0; c < w.step.keyDim(); c++) {
            long row = w.step.row(ds, c);
            float key = get(at.k(), c);
            RecurrentStep.add(up, get(at.q(), c), row, n);
            float written = readAndDot(row, at.rate() * key, w.du, w.u(i), n);
            ofRate += key * written;
            set(dq, c, get(dq, c) + Vectors.dot(w.step.row(w.state(i + 1), c), up, n));
            set(dk, c, get(dk, c) + at.rate() * written);
            ofDecay += Vectors.dot(row, w.step.row(w.state(i), c), n);
        }
        for (int c = 0; c < w.step.keyDim(); c++) {
            long row = w.step.row(ds, c);
            float key = isDelta ? get(at.k(), c) : 0;
            RecurrentStep.combine(at.g(), row, -at.g() * key, w.du, row, n);
            if (!isDelta) continue;
            float read = Vectors.dot(w.step.row(w.state(i), c), w.du, n);
            ofDecay -= key * read;
            set(dk, c, get(dk, c) - at.g() * read);
        }
        MemorySegment.copy(MEMORY, w.du, MEMORY, d.v() + in.valueAt(t, head), 4L * n);
        set(d.rate(), in.scalar(t, head), (float) ofRate);
        set(d.decay(), in.scalar(t, head), (float) (at.g() * ofDecay));
    }
}
