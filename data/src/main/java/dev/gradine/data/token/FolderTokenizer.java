package dev.gradine.data.token;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The tokenizer of a Hugging Face model folder: `tokenizer.json`, and the tokens that `tokenizer_config.json`,
/// `special_tokens_map.json` and `added_tokens.json` declare, as transformers 5 reads them.
public final class FolderTokenizer {
    private FolderTokenizer() {}

    /// Reads the folder.
    ///
    /// @param fallback ids of the special tokens the folder's tokenizer files do not name, as `config.json`
    ///     has them; one beyond the tokenizer has no text and is left out
    /// @throws IOException if a file cannot be read
    /// @throws TokenizerException if there is no `tokenizer.json` or it is not a tokenizer
    public static Tokenizer read(Path folder, SpecialTokens fallback) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        TokenizerException.require(Files.isRegularFile(file), folder + ": has no tokenizer.json");
        DeclaredTokens declared = DeclaredTokens.read(folder);
        return JsonTokenizer.parse(
                file.toString(),
                StrictJson.text(file),
                declared,
                vocabulary -> declared.roles(vocabulary).orElse(fallback.below(vocabulary.size())));
    }
}
