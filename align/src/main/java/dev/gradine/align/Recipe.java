package dev.gradine.align;

import dev.gradine.autograd.Var;
import dev.gradine.data.Row;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.Labels;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import java.util.List;

/// A way to learn from examples of one kind. `permits` lists them all, and each is a command of its name.
///
/// A recipe is a record whose components are its options, with a static method `defaults()`. It says which rows it
/// learns from, what is read of each, and the formula that is minimised; how sequences are laid out, read and
/// differentiated is the same for all.
///
/// @param <E> an example
public sealed interface Recipe<E> permits Sft, PairLoss, JudgedLoss, Reward, Classify, SampledRecipe, CustomRecipe {

    /// What people are told of it.
    ///
    /// @param name of the command, such as `dpo`
    /// @param title such as `Direct preference optimisation`
    /// @param does one sentence for `--help`
    /// @param lr peak learning rate where none is given
    record About(String name, String title, String does, double lr) {}

    About about();

    /// From rows of data to examples.
    ///
    /// @param maxLength longest sequence, in tokens
    /// @param batch examples of a micro-batch, for recipes that compare an example with its neighbours
    Encoder<E> encoder(TextCodec codec, int maxLength, int batch);

    /// The examples as one line of tokens, cut into new ones.
    ///
    /// @param length tokens of each but the last
    /// @throws IllegalArgumentException if examples of this recipe are no plain texts
    default List<E> wrapped(List<E> examples, int length) {
        throw new IllegalArgumentException(
                "--packing-strategy wrapped: %s learns from answers, expected sft (or bfd)".formatted(about().name()));
    }

    /// What is read for an example: at least one sequence. Where several begin alike, that is read once.
    List<LabelledTokens> sequences(E example);

    /// What it does with a frozen reference.
    default ReferenceUse reference() {
        return ReferenceUse.NONE;
    }

    /// Whether what the policy predicts is compared with the distributions of a teacher.
    default boolean needsTeacher() {
        return false;
    }

    /// How the policy reads.
    default Reading reading() {
        return Reading.PLAIN;
    }

    /// What the outputs of the head stand for that it trains, where it reads for labels.
    ///
    /// @param rows that are learnt from or held out
    /// @throws dev.gradine.data.DataException names what of the rows cannot be
    default Labels labels(Iterable<Row> rows) {
        return Labels.score();
    }

    /// What people should know of the examples a run learns from: one line each.
    default List<String> advice(List<E> examples) {
        return List.of();
    }

    /// Names of numbers that the loss keeps from batch to batch.
    default List<String> remembers() {
        return List.of();
    }

    /// What the loss is a mean over, counted for one example.
    default double weight(E example) {
        return 1;
    }

    /// Tokens that are counted as read for an example: by default those of all its sequences, each counted whole.
    default int tokens(E example) {
        return sequences(example).stream().mapToInt(LabelledTokens::tokens).sum();
    }

    /// The formula: losses whose mean is minimised, as many as the weights of the examples add up to, `f32[n]`.
    Var loss(Scored<E> batch);

    /// What is logged, in the order a summary shows it; the loss is the first.
    List<Metric> metrics();

    /// Adds what else is logged of a batch, but for the loss.
    void measure(Scored<E> batch, MeanMetrics metrics);
}
