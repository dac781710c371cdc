package dev.gradine.autograd;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A weight of a model, frozen or trained, under the name it has in files.
///
/// A trained weight owns the tensor its gradient is summed into, over all micro-batches of a step; the optimiser clears
/// it.
public final class Param {

    private final String name;
    private final Tensor value;
    private final @Nullable Tensor grad;

    private Param(String name, Tensor value, @Nullable Tensor grad) {
        this.name = name;
        this.value = value;
        this.grad = grad;
    }

    /// A weight that never changes; of any real type.
    public static Param frozen(String name, Tensor value) {
        return new Param(name, value, null);
    }

    /// An f32 weight to be trained; its gradient is allocated in `run`, which must outlive training.
    public static Param trained(String name, Tensor value, Kernels run) {
        return new Param(name, value, run.zeros(value.shape()));
    }

    /// Name in files, such as `model.norm.weight`.
    public String name() {
        return name;
    }

    /// The weight itself.
    public Tensor value() {
        return value;
    }

    /// Whether it has a gradient.
    public boolean isTrained() {
        return grad != null;
    }

    /// The sum of gradients since it was last cleared; shape of `value`.
    ///
    /// @throws IllegalStateException if the weight is frozen
    public Tensor grad() {
        if (grad == null) throw new IllegalStateException("grad: " + name + " is frozen");
        return grad;
    }

    @Override
    public String toString() {
        return name + " " + value + (isTrained() ? "" : " (frozen)");
    }
}
