package dev.gradine.cli;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.DraftModel;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Guesses that save passes and change no token.
final class DraftArgs {

    private static final int LONGEST = 3; // tokens looked up

    @Option(
            names = "--draft-model",
            paramLabel = "DIR|FILE",
            description = "Smaller model with the same vocabulary that guesses the next tokens, for this one to check"
                    + " in one pass; the text stays the same.")
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

        @Override
        public void close() {
            if (smaller != null) smaller.close();
        }
    }

    /// Opens the draft model, if one was given.
    ///
    /// @throws IllegalArgumentException names the option
    Drafting open(CausalLm checked) {
        if (model != null && lookup > 0) {
            throw new IllegalArgumentException(
                    "--draft-model and --prompt-lookup are both given, expected one of them");
        }
        if (lookup > 0) return new Drafting(Draft.lookup(lookup, LONGEST), null);
        if (model == null) return new Drafting(Draft.NONE, null);
        LoadedModel smaller = new LoadedModel(model, CpuKernels::open);
        int own = smaller.model().vocabSize();
        if (own != checked.vocabSize()) {
            smaller.close();
            throw new IllegalArgumentException(
                    "--draft-model: %s has a vocabulary of %d tokens, expected %d, as the model has"
                            .formatted(model, own, checked.vocabSize()));
        }
        return new Drafting(new DraftModel(smaller.model(), smaller.run(), tokens, checked.maxPositions()), smaller);
    }
}
