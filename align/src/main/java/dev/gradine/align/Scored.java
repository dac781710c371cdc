package dev.gradine.align;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// A batch of examples and what the policy, and a reference where there is one, make of their sequences: all that a
/// loss is computed from.
///
/// @param <E> an example
public final class Scored<E> {

    private final List<E> examples;
    private final Packed packed;
    private final TokenLogProbs logProbs;
    private final @Nullable Tensor reference; // of each labelled token
    private final int[] offsets; // first labelled token of each sequence
    private final Memory memory;
    private @Nullable TeacherRows taught;
    private @Nullable TextOutputs outputs;
    private @Nullable Var divergence;
    private @Nullable Var sums;
    private @Nullable Tensor referenceSums;
    private float @Nullable [] downloadedSums;
    private float @Nullable [] downloadedReference;
    private @Nullable Downloads downloads;

    /// What metrics of tokens are made of, on the host.
    private static final class Downloads {
        final float[] logProbs;
        final float[] entropies;
        final float[] meanLogits;
        final float[] collisions;
        final int[] likeliest;
        final int[] targets;

        Downloads(Kernels k, TokenLogProbs of) {
            logProbs = k.download(of.values().value());
            entropies = k.download(of.stats().entropy());
            meanLogits = k.download(of.stats().meanLogit());
            Tensor collision = of.stats().collision();
            collisions = collision == null ? new float[0] : k.download(collision);
            likeliest = k.downloadInts(of.stats().argmax());
            targets = k.downloadInts(of.targets());
        }
    }

    private Scored(List<E> examples, Packed packed, TokenLogProbs logProbs, float[] reference, Memory memory) {
        this.examples = examples;
        this.packed = packed;
        this.logProbs = logProbs;
        this.memory = memory;
        this.reference = reference.length == 0 ? null : kernels().of(Shape.of(reference.length), reference);
        offsets = new int[packed.sequences().size() + 1];
        for (int s = 0; s + 1 < offsets.length; s++) {
            LabelledTokens l = packed.sequences().get(s);
            offsets[s + 1] = offsets[s] + l.predicted();
        }
    }

    /// What a pass of the policy has found.
    ///
    /// @param logProbs of the policy, over `packed`
    /// @param reference log-probability of each labelled token under the reference, nats; empty without one
    public static <E> Scored<E> of(List<E> examples, Packed packed, TokenLogProbs logProbs, float[] reference) {
        return of(examples, packed, logProbs, reference, Memory.NONE);
    }

    /// The same for a recipe that remembers.
    ///
    /// @param memory what it remembers
    public static <E> Scored<E> of(
            List<E> examples, Packed packed, TokenLogProbs logProbs, float[] reference, Memory memory) {
        if (reference.length != 0 && reference.length != logProbs.count()) {
            throw new IllegalArgumentException("scored: %d values of the reference, expected %d (one a labelled token)"
                    .formatted(reference.length, logProbs.count()));
        }
        return new Scored<>(examples, packed, logProbs, reference, memory);
    }

    /// What a pass of a model of labels has found.
    public static <E> Scored<E> of(List<E> examples, Packed packed, TextOutputs outputs) {
        Scored<E> all = of(examples, packed, TokenLogProbs.scores(outputs.z()), new float[0]);
        all.outputs = outputs;
        return all;
    }

    /// The outputs of a model of labels.
    ///
    /// @throws IllegalStateException if it is a model of words
    TextOutputs outputs() {
        TextOutputs all = outputs;
        if (all != null) return all;
        throw new IllegalStateException("scored: there are no labels, expected some (the recipe must read for them)");
    }

    /// The same with the rows of the policy, and of its teacher, that predict the labelled tokens.
    public Scored<E> taught(Predicting policy, Predicting by) {
        Scored<E> all = new Scored<>(examples, packed, logProbs, new float[0], memory);
        all.taught = new TeacherRows(policy, by);
        return all;
    }

    /// How far policy and teacher are from each other at each labelled token, `f32[m]`, nats; a recipe asks
    /// for one such divergence, which is computed once.
    ///
    /// @param beta 0 for KL(teacher ‖ policy), 1 for KL(policy ‖ teacher)
    /// @param temperature what logits are divided by
    /// @throws IllegalStateException if there is no teacher
    Var divergence(float beta, float temperature) {
        if (taught == null) {
            throw new IllegalStateException("scored: there is no teacher, expected one (the recipe must need it)");
        }
        Var d = divergence;
        if (d == null) {
            d = taught.divergence(beta, temperature);
            divergence = d;
        }
        return d;
    }

    /// The examples, in their order.
    public List<E> examples() {
        return examples;
    }

    /// The sequence that comes `number`-th, from 0, among those of each example that has so many: of pairs 0 are the
    /// chosen answers and 1 the rejected ones.
    public Answers branch(int number) {
        return branches(number, number + 1);
    }

    /// The sequences of several branches, one branch after the other.
    public Answers branches(int from, int to) {
        return new Answers(this, packed.firstOf(from), packed.firstOf(to));
    }

    /// All sequences.
    public Answers all() {
        return branches(0, packed.branches());
    }

    /// A number of each example, `f32[n]`; it has no gradient.
    Var each(ToDoubleFunction<E> f) {
        float[] x = new float[examples.size()];
        for (int i = 0; i < x.length; i++) x[i] = (float) f.applyAsDouble(examples.get(i));
        return sums().tape().constant(kernels().of(Shape.of(x.length), x));
    }

    /// A number that the recipe keeps from batch to batch.
    float recall(String name) {
        return memory.get(name, kernels());
    }

    /// Keeps a number for the batches to come; an evaluation does not.
    void keep(String name, double value) {
        memory.put(name, (float) value, kernels());
    }

    Kernels kernels() {
        return logProbs.values().tape().kernels();
    }

    TokenLogProbs logProbs() {
        return logProbs;
    }

    Packed packed() {
        return packed;
    }

    /// Number of labelled tokens before those of sequence `sequence`.
    int offset(int sequence) {
        return offsets[sequence];
    }

    /// `f32[S]`, nats.
    Var sums() {
        Var s = sums;
        if (s == null) {
            s = logProbs.sums();
            sums = s;
        }
        return s;
    }

    /// `f32[S]`, nats, each token counted whole.
    Var plainSums() {
        return logProbs.weights() == null ? sums() : logProbs.plainSums();
    }

    private Downloads downloads() {
        Downloads d = downloads;
        if (d == null) {
            d = new Downloads(kernels(), logProbs);
            downloads = d;
        }
        return d;
    }

    float sum(int sequence) {
        float[] d = downloadedSums;
        if (d == null) {
            d = kernels().download(sums().value());
            downloadedSums = d;
        }
        return d[sequence];
    }

    float[] tokenLogProbs() {
        return downloads().logProbs;
    }

    float[] entropies() {
        return downloads().entropies;
    }

    float[] meanLogits() {
        return downloads().meanLogits;
    }

    float[] collisions() {
        return downloads().collisions;
    }

    boolean isGuessed(int token) {
        return downloads().likeliest[token] == downloads().targets[token];
    }

    /// Sum of a sequence, nats.
    float reference(int sequence) {
        float[] d = downloadedReference;
        if (d == null) {
            d = kernels().download(referenceSums());
            downloadedReference = d;
        }
        return d[sequence];
    }

    /// `f32[M]`, nats.
    Tensor reference() {
        if (reference == null) {
            throw new IllegalStateException("scored: there is no reference, expected one (the recipe must need it)");
        }
        return reference;
    }

    /// `f32[S]`, nats: summed as those of the policy are, so that equal tokens have equal sums.
    Tensor referenceSums() {
        Tensor s = referenceSums;
        if (s == null) {
            s = logProbs.sums(sums().tape().constant(reference())).value();
            referenceSums = s;
        }
        return s;
    }
}
