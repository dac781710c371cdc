package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// LoRA whose update is some factor times as large: B is multiplied.
public final class ScaledAdapters {

    private ScaledAdapters() {}

    /// The same adapters, their updates times `factor`.
    ///
    /// @param run lifetime of the copies
    /// @throws AdapterException if what they do to the model is not a product of A and B alone
    public static AdapterSet of(AdapterSet set, double factor, Kernels run) {
        boolean isProduct = set.method() instanceof Lora && set.copies().isEmpty();
        if (!isProduct || set.trainsRows() || !set.replaced().isEmpty()) {
            throw new AdapterException("adapters: %s cannot be scaled by %s, expected LoRA without trained copies"
                    .formatted(set.method().name(), factor));
        }
        return set.over(p -> {
            boolean outer = p.name().endsWith("lora_B.weight") || p.name().endsWith("lora_embedding_B");
            Tensor value = run.empty(p.value().shape());
            run.copy(p.value(), value);
            if (outer) run.elementwise().scale(value, (float) factor, value);
            return Param.frozen(p.name(), value);
        });
    }
}
