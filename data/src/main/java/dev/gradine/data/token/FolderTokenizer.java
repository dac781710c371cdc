package dev.gradine.data.token;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The tokenizer of a Hugging Face model folder: `tokenizer.json` or a SentencePiece `.model`, and the tokens that
/// `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` declare, as transformers 5 reads them.
public final class FolderTokenizer {
    private static final String JSON = "tokenizer.json";
    private static final List<String> MODELS =
            List.of("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model");

    private FolderTokenizer() {}

    /// Whether the folder has one.
    public static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(JSON))
                || MODELS.stream().anyMatch(name -> Files.isRegularFile(folder.resolve(name)));
    }

    /// Reads the folder; a `tokenizer.json` goes before a `.model`.
    ///
    /// @param fallback ids of the special tokens the folder's tokenizer files do not name, as `config.json`
    ///     has them; one beyond the tokenizer has no text and is left out
    /// @throws IOException if a file cannot be read
    /// @throws TokenizerException if there is no such file or it is not a tokenizer
    public static Tokenizer read(Path folder, SpecialTokens fallback) throws IOException {
        Path file = folder.resolve(JSON);
        if (!Files.isRegularFile(file)) return pieces(folder, fallback);
        DeclaredTokens declared = DeclaredTokens.read(folder);
        return JsonTokenizer.parse(
                file.toString(),
                StrictJson.text(file),
                declared,
                vocabulary -> declared.roles(vocabulary).orElse(fallback.below(vocabulary.size())));
    }

    private static Tokenizer pieces(Path folder, SpecialTokens fallback) throws IOException {
        for (String name : MODELS) {
            Path file = folder.resolve(name);
            if (!Files.isRegularFile(file)) continue;
            return SentencePieceModel.read(file).tokenizer(DeclaredTokens.read(folder), fallback, around(folder));
        }
        throw new TokenizerException(folder + ": has no tokenizer.json and none of " + String.join(", ", MODELS));
    }

    /// A tokenizer with more tokens.
    ///
    /// @param json text of its `tokenizer.json`, with all tokens that the folder's other files declare
    /// @param ids of the new tokens, in their order
    /// @param vocabSize one more than the largest id
    public record Grown(String json, SequencedMap<String, Integer> ids, int vocabSize) {}

    /// The tokenizer of the folder with more tokens, each with the next free id.
    ///
    /// @throws IOException if a file cannot be read
    /// @throws TokenizerException if there is no `tokenizer.json`, or a token is there already
    public static Grown grown(Path folder, MoreTokens more) throws IOException {
        Path path = folder.resolve(JSON);
        TokenizerException.require(
                Files.isRegularFile(path), folder + ": has no tokenizer.json, expected one to add tokens to");
        String text = StrictJson.text(path);
        TokenizerFile file = TokenizerFile.parse(path.toString(), text);
        DeclaredTokens.read(folder).addTo(file.added());
        Vocabulary before = file.vocabulary();
        SequencedMap<String, Integer> ids = new LinkedHashMap<>();
        for (AddedToken token : more.tokens()) {
            TokenizerException.require(
                    !before.has(token.content()),
                    path + ": token '" + ModelRules.shown(token.content()) + "' is there already with id "
                            + before.idOr(token.content(), 0) + ", expected a new one");
            ids.put(token.content(), file.added().add(token));
        }
        ObjectNode root = (ObjectNode) StrictJson.parse(path.toString(), text);
        root.set("added_tokens", JsonMapper.shared().valueToTree(file.added().json()));
        return new Grown(
                JsonMapper.shared().writeValueAsString(root),
                ids,
                file.vocabulary().size());
    }

    /// What `tokenizer_config.json` says about BOS and EOS around a text.
    private static Map<String, Boolean> around(Path folder) throws IOException {
        JsonNode config = StrictJson.readIfThere(folder.resolve("tokenizer_config.json"));
        Map<String, Boolean> out = new HashMap<>();
        for (String key : List.of("add_bos_token", "add_eos_token")) {
            if (config.path(key).isBoolean()) out.put(key, config.path(key).asBoolean());
        }
        return out;
    }
}
