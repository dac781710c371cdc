package dev.gradine.train;

import dev.gradine.settings.Option;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where tokenised rows are kept from one run to the next.
///
/// @param tokenCache whether they are
/// @param tokenCacheDir null for the user's own folder, which takes only files of many rows
public record TokenCacheSettings(
        @Option(says = "Keep tokenised rows for runs with the same rows, tokenizer and options.", free = true)
        boolean tokenCache,

        @Option(
                says = "Folder for tokenised rows.",
                label = "DIR",
                group = "Data",
                otherwise = "~/.cache/gradine/tokens, for files of 5,000 rows and more",
                free = true)
        @Nullable
        Path tokenCacheDir) {

    /// None are kept.
    static final TokenCacheSettings NONE = new TokenCacheSettings(false, null);

    /// In the user's own folder.
    static final TokenCacheSettings USUAL = new TokenCacheSettings(true, null);

    /// @throws IllegalArgumentException if a folder is given for nothing
    public TokenCacheSettings {
        if (!tokenCache && tokenCacheDir != null) {
            throw new IllegalArgumentException("--token-cache-dir has no effect with --no-token-cache: give one");
        }
    }
}
