package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Rule;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// One token of the recurrence in one head. A state has a row of D values for each of the K values of
/// a key.
///
/// ```
/// u = v − g Sᵀ k  or  u = v         S ← g S + β k uᵀ         y = Sᵀ q
/// ```
///
/// @param keyDim K
/// @param valueDim D
record RecurrentStep(int keyDim, int valueDim, Rule rule) {

    /// Where the operands of one token lie.
    ///
    /// @param g what is left of the state
    /// @param rate β
    record Token(long q, long k, long v, float g, float rate) {}

    /// Values of a state, K·D.
    int size() {
        return keyDim * valueDim;
    }

    /// Row `i` of a state.
    long row(long state, int i) {
        return state + 4L * i * valueDim;
    }

    /// Writes u at `u` and y at `y`, and moves the state at `state` on.
    void run(Token t, long state, long u, long y) {
        written(t, state, u);
        Vectors.fill(y, valueDim, 0);
        for (int i = 0; i < keyDim; i++) {
            write(row(state, i), t.g, t.rate * get(t.k, i), u, get(t.q, i), y, valueDim);
        }
    }

    private void written(Token t, long state, long u) {
        if (rule == Rule.ADD) {
            MemorySegment.copy(MEMORY, t.v, MEMORY, u, 4L * valueDim);
            return;
        }
        Vectors.fill(u, valueDim, 0);
        for (int i = 0; i < keyDim; i++) add(row(state, i), get(t.k, i), u, valueDim);
        combine(1, t.v, -t.g, u, u, valueDim);
    }

    /// `s = g s + a u` and `y += b s`
    private static void write(long s, float g, float a, long u, float b, long y, int n) {
        FloatVector gs = FloatVector.broadcast(F, g);
        FloatVector as = FloatVector.broadcast(F, a);
        FloatVector bs = FloatVector.broadcast(F, b);
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector next = load(u, j).fma(as, load(s, j).mul(gs));
            store(next, s, j);
            store(next.fma(bs, load(y, j)), y, j);
        }
        for (; j < n; j++) {
            float next = Math.fma(get(u, j), a, get(s, j) * g);
            set(s, j, next);
            set(y, j, Math.fma(next, b, get(y, j)));
        }
    }

    /// `y += a x`
    static void add(long x, float a, long y, int n) {
        FloatVector as = FloatVector.broadcast(F, a);
        int j = 0;
        for (; j <= n - LANES; j += LANES) store(load(x, j).fma(as, load(y, j)), y, j);
        for (; j < n; j++) set(y, j, Math.fma(get(x, j), a, get(y, j)));
    }

    /// `z = a x + b y`
    static void combine(float a, long x, float b, long y, long z, int n) {
        FloatVector as = FloatVector.broadcast(F, a);
        FloatVector bs = FloatVector.broadcast(F, b);
        int j = 0;
        for (; j <= n - LANES; j += LANES) store(load(y, j).fma(bs, load(x, j).mul(as)), z, j);
        for (; j < n; j++) set(z, j, Math.fma(get(y, j), b, get(x, j) * a));
    }
}
