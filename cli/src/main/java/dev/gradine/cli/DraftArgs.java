package dev.gradine.cli;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.DraftModel;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Guesses that save passes and change no token.
final class DraftArgs {

    private static final int LONGEST = 3; // tokens looked up
    private static final int KEPT = 8; // texts whose keys a draft model keeps

    @Option(
            names = "--draft-model",
            paramLabel = "DIR|FILE",
            description = "Smaller model with the same vocabulary that guesses the next tokens, for this one to check"
                    + " in one pass; the text stays the same. It guesses without adapters.")
    private @Nullable Path model;

    @Option(
            names = "--draft-tokens",
            defaultValue = "4",
            paramLabel = "N",
            description = "Most tokens that the draft model guesses (default ${DEFAULT-VALUE}).")
    private int tokens;

    @Option(
            names = "--prompt-lookup",
            defaultValue = "0",
            paramLabel = "N",
            description = "Guess up to N tokens: those that followed the last words where they stood before; for texts"
                    + " that repeat their prompt. 0 for none (default ${DEFAULT-VALUE}).")
    private int lookup;

    /// What was asked for, as long as it is open.
    static final class Drafting implements AutoCloseable {
        private final Draft draft;
        private final @Nullable LoadedModel smaller;

        private Drafting(Draft draft, @Nullable LoadedModel smaller) {
            this.draft = draft;
            this.smaller = smaller;
        }

        Draft draft() {
            return draft;
        }

        /// Texts that may be written at once: of more, a smaller model reads all of a text for each guess.
        int texts() {
            return smaller == null ? Integer.MAX_VALUE : KEPT;
        }

        @Override
        public void close() {
            if (smaller != null) smaller.close();
        }
    }

    /// Opens the draft model, if one was given.
    ///
    /// @param positions of a text at most
    /// @throws IllegalArgumentException names the option
    Drafting open(LoadedModel checked, int positions) {
        if (model != null && lookup > 0) {
            throw new IllegalArgumentException(
                    "--draft-model and --prompt-lookup are both given, expected one of them");
        }
        if (lookup < 0) throw new IllegalArgumentException("--prompt-lookup: " + lookup + ", expected at least 0");
        if (model == null && lookup == 0) return new Drafting(Draft.NONE, null);
        requireAttention(checked, model == null ? "--prompt-lookup" : "--draft-model");
        if (model == null) return new Drafting(Draft.lookup(lookup, LONGEST), null);
        LoadedModel smaller = new LoadedModel(model, CpuKernels::open);
        try {
            requireSameVocabulary(model, smaller.model(), checked.model());
            return new Drafting(new DraftModel(smaller.model(), smaller.run(), tokens, positions), smaller);
        } catch (RuntimeException e) {
            smaller.close();
            throw e;
        }
    }

    private static void requireSameVocabulary(Path source, CausalLm smaller, CausalLm checked) {
        if (smaller.vocabSize() == checked.vocabSize()) return;
        throw new IllegalArgumentException(
                "--draft-model: %s has a vocabulary of %d tokens, expected %d, as the model has"
                        .formatted(source, smaller.vocabSize(), checked.vocabSize()));
    }

    /// Fails where a text cannot be read again from a guess on that was wrong.
    private static void requireAttention(LoadedModel checked, String option) {
        try (Kernels k = checked.run().openStep()) {
            if (!checked.model().newCache(k, 1).isRecurrent()) return;
        }
        throw new IllegalArgumentException(
                option + ": the model that is to check guesses has a recurrence, expected attention alone"
                        + " (a state cannot forget a guess that was wrong)");
    }
}
