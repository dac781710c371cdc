package dev.gradine.peft;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Tensor;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// An adapter over a linear layer that needs the layer's own product and two thin ones beside it. Rows of a batch that
/// have different ones, or none, share the layer's product: see `RowAdapters`.
///
/// ```
/// y = f(x Wᵀ + s · x Aᵀ Bᵀ) + b
/// ```
sealed interface ThinAdapter extends LinearAdapter permits LoraLinear, Dora.OverLinear {

    /// A, B and s.
    LoraLinear low();

    /// f, row by row, for one pass; nothing where it changes nothing.
    ///
    /// @param w weight of the layer
    default Optional<UnaryOperator<Var>> then(Tape t, Tensor w) {
        return Optional.empty();
    }

    /// Whether values of x are dropped in this pass.
    default boolean drops(Pass pass) {
        return pass.isTraining() && low().p() > 0;
    }
}
