package dev.gradine.nn;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Takes the weights of a model from their source one by one, checks their shapes, and lists the layers made of them.
public final class Weights {

    /// Where weights come from: a file, or a map in a test.
    @FunctionalInterface
    public interface Source {
        /// The weight of that name.
        ///
        /// @param expected shape it must have; who reads it checks that
        /// @throws IllegalArgumentException if there is none
        Tensor tensor(String name, Shape expected);

        /// Whether there is a weight of that name.
        default boolean has(String name) {
            return true;
        }

        /// What the linear layer of that path computes with: `w`, or the same weight in another type.
        ///
        /// @param w `[out,in]`, in host memory
        default Tensor linear(String path, Tensor w) {
            return w;
        }

        /// Which of an embedding and a head there is, where the configuration says that they are one weight.
        ///
        /// @param embedding name of its weight
        /// @param head name of its weight
        default Tie tie(String embedding, String head) {
            return Tie.EMBEDDING;
        }
    }

    /// How the weight that stands for an embedding and a head is stored.
    public enum Tie {
        /// As the embedding's, or as both, alike.
        EMBEDDING,
        /// As the head's alone.
        HEAD,
        /// As two that differ: they are two weights, as transformers 5 has it.
        APART
    }

    private static final double DEVIATION = 0.02; // of a head

    private final Source source;
    private final Kernels run;
    private final String prefix;
    private final Made made;

    /// All that was made so far, in order.
    private record Made(
            List<Linear> linears,
            List<ExpertLinear> experts,
            List<Embedding> embeddings,
            List<Weight> weights,
            List<String> begun) {

        Made() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    /// @param run lifetime of what must be converted or made beside the weights
    public Weights(Source source, Kernels run) {
        this(source, run, "", new Made());
    }

    private Weights(Source source, Kernels run, String prefix, Made made) {
        this.source = source;
        this.run = run;
        this.prefix = prefix;
        this.made = made;
    }

    /// The same, whose names begin with `more`: `at("model.layers.0")` takes `self_attn.q_proj` for
    /// `model.layers.0.self_attn.q_proj`.
    public Weights at(String more) {
        return new Weights(source, run, prefix + more + ".", made);
    }

    /// The lifetime of the model.
    public Kernels run() {
        return run;
    }

    /// A frozen weight. Vectors become f32, as norms and biases read them so.
    ///
    /// @throws ConfigException if its shape is another than `dims`
    public Weight weight(String name, int... dims) {
        return weight(name, prefix + name, dims);
    }

    /// @param stored name of the tensor that it is
    private Weight weight(String name, String stored, int... dims) {
        Tensor t = run.fromHost(taken(stored, shape(stored, dims)));
        if (dims.length == 1 && t.dtype() != DType.F32) {
            Tensor f32 = run.empty(t.shape());
            run.copy(t, f32);
            t = f32;
        }
        return kept(new Weight(prefix + name, Param.frozen(prefix + name, t), false));
    }

    private Tensor taken(String name, Shape expected) {
        return checked(name, source.tensor(name, expected), expected);
    }

    private static Tensor checked(String name, Tensor t, Shape expected) {
        if (!t.shape().equals(expected)) {
            throw new ConfigException(
                    "weights: %s is %s, expected %s (from config)".formatted(name, t.shape(), expected));
        }
        if (!t.dtype().isReal()) {
            throw new ConfigException("weights: %s is %s, expected a real type".formatted(name, t.dtype()));
        }
        return t;
    }

    /// The shape that the configuration asks for, multiplied exactly.
    private static Shape shape(String name, int... dims) {
        long values = 1;
        for (int d : dims) values *= d; // two extents at most
        if (values <= Integer.MAX_VALUE) return Shape.of(dims);
        throw new ConfigException("weights: %s would be %s (from config), expected fewer than 2^31 values"
                .formatted(name, Arrays.toString(dims)));
    }

    private Weight kept(Weight weight) {
        made.weights.add(weight);
        return weight;
    }

    /// A frozen linear layer of weight `path.weight [out,in]` and, if it has one, bias `path.bias [out]`.
    public Linear linear(String path, int out, int in, boolean hasBias) {
        String name = prefix + path + ".weight";
        return kept(path, linear(path, taken(name, shape(name, out, in)), false), out, hasBias);
    }

    /// A linear layer of a head, which the source may lack: it has learnt nothing then, and is one of
    /// `begun`.
    public Linear head(String path, int out, int in, boolean hasBias) {
        String name = prefix + path;
        if (source.has(name + ".weight")) return linear(path, out, in, hasBias);
        made.begun.add(name);
        Weight weight = begun(name + ".weight", drawn(Shape.of(out, in), run));
        @Nullable Weight bias = hasBias ? begun(name + ".bias", run.zeros(Shape.of(out))) : null;
        return kept(new Linear(name, weight, bias));
    }

    private Weight begun(String name, Tensor value) {
        return kept(new Weight(name, Param.frozen(name, value)));
    }

    /// Values of a head that has learnt nothing, as transformers draws them; the same for every model of
    /// one width.
    public static Tensor drawn(Shape shape, Kernels run) {
        SplittableRandom rng = new SplittableRandom(0);
        float[] w = new float[shape.size()];
        for (int i = 0; i < w.length; i++) w[i] = (float) rng.nextGaussian(0, DEVIATION);
        return run.of(shape, w);
    }

    /// A frozen linear layer that is stored the other way round, `path.weight [in,out]`, with a bias: GPT-2's `Conv1D`.
    /// Blocks of a quantised one lie along what an output reads: it is `[out,in]`.
    public Linear conv1d(String path, int out, int in) {
        String name = prefix + path + ".weight";
        Tensor given = source.tensor(name, shape(name, in, out));
        boolean isTurned = given.dtype().blockSize() > 1;
        Tensor turned = isTurned
                ? checked(name, given, shape(name, out, in))
                : Transposed.of(checked(name, given, shape(name, in, out)));
        return kept(path, linear(path, turned, true), out, true);
    }

    private Weight linear(String path, Tensor w, boolean isTurned) {
        String name = prefix + path + ".weight";
        Tensor kept = run.fromHost(source.linear(prefix + path, w));
        return kept(new Weight(name, Param.frozen(name, kept), isTurned));
    }

    private Linear kept(String path, Weight weight, int out, boolean hasBias) {
        @Nullable Weight bias = hasBias ? weight(path + ".bias", out) : null;
        return kept(new Linear(prefix + path, weight, bias));
    }

    /// A linear layer of all experts that are stored apart: `[out,in]` of each expert and each of the names.
    ///
    /// @param path of the parameter that transformers has for it, such as `mlp.experts.gate_up_proj`
    /// @param names of a linear layer of one expert, with `%d` for its number
    public ExpertLinear experts(String path, List<String> names, int experts, int out, int in) {
        List<List<Weight>> parts = new ArrayList<>();
        for (String name : names) {
            List<Weight> part = new ArrayList<>();
            for (int e = 0; e < experts; e++) {
                String one = name.formatted(e);
                String stored = prefix + one + ".weight";
                part.add(linear(one, taken(stored, shape(stored, out, in)), false));
            }
            parts.add(part);
        }
        return kept(new ExpertLinear(prefix + path, parts));
    }

    /// A linear layer of all experts that are stored as one parameter. Blocks of a quantised one lie along
    /// what an output reads: it is `[E,out,in]` whatever is said of values.
    ///
    /// @param path of the parameter that transformers has for it
    /// @param stored its name in the file: `[E,out,in]`, or `[E,in,out]` if `isTurned`
    /// @param bias name of `[E,out]` in the file, or empty for none
    public ExpertLinear experts(String path, String stored, String bias, boolean isTurned, int... dims) {
        int experts = dims[0];
        int out = dims[1];
        int in = dims[2];
        String name = prefix + stored;
        Shape usual = isTurned ? Shape.of(experts, in, out) : Shape.of(experts, out, in);
        Tensor given = source.tensor(name, usual);
        boolean isToTurn = isTurned && given.dtype().blockSize() == 1;
        Shape asStored = isToTurn ? usual : Shape.of(experts, out, in);
        Tensor all = checked(name, given, asStored).reshape(Shape.of(experts * asStored.dim(1), asStored.dim(2)));
        List<Weight> each = new ArrayList<>();
        for (int e = 0; e < experts; e++) {
            Tensor one = all.rows(e * asStored.dim(1), (e + 1) * asStored.dim(1));
            Tensor kept = run.fromHost(source.linear(name, isToTurn ? Transposed.of(one) : one));
            String part = name + "[" + e + "]";
            var stack = new Weight.Stack(name, e, experts);
            each.add(kept(new Weight(part, Param.frozen(part, kept), isTurned, stack)));
        }
        @Nullable Weight b = bias.isEmpty() ? null : weight(bias, experts, out);
        return kept(new ExpertLinear(prefix + path, List.of(each), b));
    }

    private ExpertLinear kept(ExpertLinear layer) {
        made.experts.add(layer);
        return layer;
    }

    /// How an embedding and a head are stored.
    ///
    /// @param configured whether the configuration says that they are one weight
    public Tie tie(String embedding, String head, boolean configured) {
        return configured ? source.tie(prefix + embedding + ".weight", prefix + head + ".weight") : Tie.APART;
    }

    /// A linear layer whose weight is another module's, unless one of the two is replaced.
    public Linear tied(String path, Weight to) {
        Weight weight = kept(new Weight(prefix + path + ".weight", to.param(), false));
        return kept(new Linear(prefix + path, weight, null));
    }

    private Linear kept(Linear layer) {
        made.linears.add(layer);
        return layer;
    }

    /// An embedding table `path.weight [rows,channels]`.
    public Embedding embedding(String path, int rows, int channels) {
        return embedding(path, prefix + path, rows, channels);
    }

    /// The same, stored as `stored.weight`: the head's, if that is the only one of the two.
    public Embedding embedding(String path, String stored, int rows, int channels) {
        Embedding e = new Embedding(prefix + path, weight(path + ".weight", stored + ".weight", rows, channels));
        made.embeddings.add(e);
        return e;
    }

    /// A layer of a decoder with every place that was made for it.
    public Decoder.Layer layer(Supplier<Block> block) {
        int linears = made.linears.size();
        int experts = made.experts.size();
        int weights = made.weights.size();
        Block layer = block.get();
        List<Site> sites = new ArrayList<>(behind(made.linears, linears));
        sites.addAll(behind(made.experts, experts));
        sites.addAll(behind(made.weights, weights));
        return new Decoder.Layer(layer, sites);
    }

    private static <T> List<T> behind(List<T> all, int count) {
        return all.subList(count, all.size());
    }

    /// Paths of the layers made so far that the source lacks.
    public List<String> begun() {
        return List.copyOf(made.begun);
    }

    /// All linear layers made so far, in order.
    public List<Linear> linears() {
        return List.copyOf(made.linears);
    }

    /// All linear layers of experts made so far, in order.
    public List<ExpertLinear> experts() {
        return List.copyOf(made.experts);
    }

    /// All embedding tables made so far, in order.
    public List<Embedding> embeddings() {
        return List.copyOf(made.embeddings);
    }

    /// All weights made so far, in order.
    public List<Weight> weights() {
        return List.copyOf(made.weights);
    }
}
