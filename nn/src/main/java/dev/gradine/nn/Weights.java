package dev.gradine.nn;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Takes the weights of a model from their source one by one, checks their shapes, and lists the slots made of them.
public final class Weights {

    /// Where weights come from: a file, or a map in a test.
    @FunctionalInterface
    public interface Source {
        /// The weight of that name.
        ///
        /// @throws IllegalArgumentException if there is none
        Tensor tensor(String name);
    }

    private final Source source;
    private final Kernels run;
    private final List<LinearSlot> linears = new ArrayList<>();
    private final List<ParamSlot> params = new ArrayList<>();

    /// @param run lifetime of the small vectors that must be converted to f32
    public Weights(Source source, Kernels run) {
        this.source = source;
        this.run = run;
    }

    /// A frozen weight. Vectors become f32, as norms and biases read them so.
    ///
    /// @throws ConfigException if its shape is another than `dims`
    public ParamSlot param(String name, int... dims) {
        Shape expected = Shape.of(dims);
        Tensor t = run.fromHost(source.tensor(name));
        if (!t.shape().equals(expected)) {
            throw new ConfigException(
                    "weights: %s is %s, expected %s (from config)".formatted(name, t.shape(), expected));
        }
        if (!t.dtype().isReal()) {
            throw new ConfigException("weights: %s is %s, expected a real type".formatted(name, t.dtype()));
        }
        if (expected.rank() == 1 && t.dtype() != DType.F32) {
            Tensor f32 = run.empty(expected);
            run.copy(t, f32);
            t = f32;
        }
        ParamSlot slot = new ParamSlot(name, Param.frozen(name, t));
        params.add(slot);
        return slot;
    }

    /// A frozen linear layer of weight `path.weight [out,in]` and, if it has one, bias `path.bias [out]`.
    public LinearSlot linear(String path, int out, int in, boolean hasBias) {
        ParamSlot weight = param(path + ".weight", out, in);
        @Nullable ParamSlot bias = hasBias ? param(path + ".bias", out) : null;
        return slot(path, new DenseLinear(weight, bias));
    }

    /// A linear layer whose weight is another module's, until one of the two is replaced.
    public LinearSlot tied(String path, ParamSlot to) {
        ParamSlot weight = new ParamSlot(path + ".weight", to.base());
        params.add(weight);
        return slot(path, new DenseLinear(weight, null));
    }

    private LinearSlot slot(String path, DenseLinear base) {
        LinearSlot slot = new LinearSlot(path, base);
        linears.add(slot);
        return slot;
    }

    /// All linear layers made so far, in order.
    public List<LinearSlot> linears() {
        return List.copyOf(linears);
    }

    /// All weights made so far, in order.
    public List<ParamSlot> params() {
        return List.copyOf(params);
    }
}
