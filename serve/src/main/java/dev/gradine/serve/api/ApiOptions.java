package dev.gradine.serve.api;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What requests may ask for.
///
/// @param maxTexts most texts for one prompt, `n`
/// @param adapterDir where adapters that are loaded and removed while serving lie; null if none are
/// @param isStrict whether a field that is not known is an error, rather than named in a header
/// @param logProbs which are told of tokens
public record ApiOptions(int maxTexts, @Nullable Path adapterDir, boolean isStrict, LogProbs logProbs) {

    /// Log-probabilities of tokens, by the names that vLLM gives them.
    public enum LogProbs {
        /// The model's own.
        RAW,
        /// Those that tokens are drawn by: with bias, penalties, temperature, and what was cut off.
        PROCESSED
    }

    /// The model's own log-probabilities.
    public ApiOptions(int maxTexts, @Nullable Path adapterDir, boolean isStrict) {
        this(maxTexts, adapterDir, isStrict, LogProbs.RAW);
    }

    /// Up to 8 texts, adapters as they are, unknown fields named in a header.
    public static ApiOptions defaults() {
        return new ApiOptions(8, null, false);
    }

    boolean tellsDrawn() {
        return logProbs == LogProbs.PROCESSED;
    }

    /// @throws IllegalArgumentException if there may be no text
    public ApiOptions {
        if (maxTexts < 1) throw new IllegalArgumentException("max-n is " + maxTexts + ", expected at least 1");
    }
}
