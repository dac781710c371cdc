package dev.gradine.nn;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Takes the weights of a model from their source one by one, checks their shapes, and lists the layers made of them.
public final class Weights {

    /// Where weights come from: a file, or a map in a test.
    @FunctionalInterface
    public interface Source {
        /// The weight of that name.
        ///
        /// @throws IllegalArgumentException if there is none
        Tensor tensor(String name);

        /// The weight of the linear layer of that path.
        ///
        /// @throws IllegalArgumentException if there is none
        default Tensor linear(String path) {
            return tensor(path + ".weight");
        }
    }

    private final Source source;
    private final Kernels run;
    private final List<Linear> linears = new ArrayList<>();
    private final List<Embedding> embeddings = new ArrayList<>();
    private final List<Weight> weights = new ArrayList<>();

    /// @param run lifetime of the small vectors that must be converted to f32
    public Weights(Source source, Kernels run) {
        this.source = source;
        this.run = run;
    }

    /// A frozen weight. Vectors become f32, as norms and biases read them so.
    ///
    /// @throws ConfigException if its shape is another than `dims`
    public Weight weight(String name, int... dims) {
        return weight(name, source.tensor(name), Shape.of(dims));
    }

    private Weight weight(String name, Tensor host, Shape expected) {
        Tensor t = run.fromHost(host);
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
        Weight weight = new Weight(name, Param.frozen(name, t));
        weights.add(weight);
        return weight;
    }

    /// A frozen linear layer of weight `path.weight [out,in]` and, if it has one, bias `path.bias [out]`.
    public Linear linear(String path, int out, int in, boolean hasBias) {
        Weight weight = weight(path + ".weight", source.linear(path), Shape.of(out, in));
        @Nullable Weight bias = hasBias ? weight(path + ".bias", out) : null;
        return kept(new Linear(path, weight, bias));
    }

    /// A linear layer whose weight is another module's, unless one of the two is replaced.
    public Linear tied(String path, Weight to) {
        Weight weight = new Weight(path + ".weight", to.param());
        weights.add(weight);
        return kept(new Linear(path, weight, null));
    }

    private Linear kept(Linear layer) {
        linears.add(layer);
        return layer;
    }

    /// An embedding table `path.weight [rows,channels]`.
    public Embedding embedding(String path, int rows, int channels) {
        Embedding e = new Embedding(path, weight(path + ".weight", rows, channels));
        embeddings.add(e);
        return e;
    }

    /// All linear layers made so far, in order.
    public List<Linear> linears() {
        return List.copyOf(linears);
    }

    /// All embedding tables made so far, in order.
    public List<Embedding> embeddings() {
        return List.copyOf(embeddings);
    }

    /// All weights made so far, in order.
    public List<Weight> weights() {
        return List.copyOf(weights);
    }
}
