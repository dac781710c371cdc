package dev.gradine.cli;

import dev.gradine.peft.Beside;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Targets;
import dev.gradine.peft.TokenIndices;
import dev.gradine.settings.Option;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a model is adapted, and from which adapter on.
record AdapterSettings(
        @Option(
                says = "Continue from this adapter instead of a fresh one; its configuration holds then.",
                label = "DIR")
        @Nullable
        Path initAdapter,

        @Option(
                says = "Layers to adapt: names separated by commas, a regular expression of the whole path, or"
                        + " all-linear.",
                label = "NAMES|REGEX",
                otherwise = "as the method's authors have it; all-linear with lora")
        @Nullable
        Targets targets,

        @Option(says = "Targets to leave out.", label = "NAMES")
        List<String> exclude,

        @Option(says = "Adapt only blocks of these numbers.", label = "N")
        List<Integer> layers,

        @Option(says = "Modules trained as whole copies, such as lm_head.", label = "NAMES")
        List<String> modulesToSave,

        @Option(
                says = "Biases of the base that are trained: none, all, or those of the layers adapted (lora_only).",
                label = "none|all|lora_only")
        String bias,

        @Option(
                says = "Tokens whose rows are trained: of the input embedding, or of each module named.",
                label = "N,N|MODULE:N,N;…")
        TokenIndices trainableTokenIndices) {

    static AdapterSettings defaults() {
        return new AdapterSettings(null, null, List.of(), List.of(), List.of(), "none", TokenIndices.parse(""));
    }

    /// @param usual targets where none are given
    Selection selection(Targets usual) {
        List<String> blocks = layers.isEmpty() ? List.of() : List.of("layers");
        Targets not = exclude.isEmpty() ? new Targets.None() : new Targets.Suffixes(exclude);
        return new Selection(
                targets == null ? usual : targets,
                not,
                layers,
                blocks,
                modulesToSave,
                new Beside(bias, trainableTokenIndices));
    }
}
