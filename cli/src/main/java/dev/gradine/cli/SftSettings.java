package dev.gradine.cli;

import dev.gradine.data.encode.Mask;
import dev.gradine.settings.Option;
import java.util.Locale;

/// What `gradine sft` learns from a row.
///
/// @param lossOn tokens that carry loss
record SftSettings(
        @Option(
                says = "Tokens that carry loss: all, completion, assistant, or auto: the completion where a row has"
                        + " a prompt, else all.",
                label = "WHAT")
        String lossOn) {

    static SftSettings defaults() {
        return new SftSettings("auto");
    }

    /// @throws IllegalArgumentException if there is no such choice
    Mask mask() {
        try {
            return Mask.valueOf(lossOn.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "--loss-on: \"%s\", expected auto, all, completion or assistant".formatted(lossOn), e);
        }
    }
}
