package dev.gradine.lab.adapters;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// How far weights are from others: `‖w − w′‖ / ‖w‖`, over one or several matrices.
///
/// @param lost ‖w − w′‖²
/// @param whole ‖w‖²
record Difference(double lost, double whole) {

    static final Difference NONE = new Difference(0, 0);

    /// Of two matrices, f32.
    static Difference of(Tensor w, Tensor other, Kernels run) {
        try (Kernels k = run.openStep()) {
            Tensor rest = k.empty(w.shape());
            k.copy(w, rest);
            k.elementwise().axpy(-1, other, rest);
            return new Difference(k.reduce().sumOfSquares(rest), k.reduce().sumOfSquares(w));
        }
    }

    Difference plus(Difference other) {
        return new Difference(lost + other.lost, whole + other.whole);
    }

    double share() {
        return Math.sqrt(lost / whole);
    }
}
