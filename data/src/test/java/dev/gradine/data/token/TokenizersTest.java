package dev.gradine.data.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Ids of real tokenizers over 46 texts, against llama.cpp's and the Python library's.
class TokenizersTest {
    private static final String VOCAB = "assets/tokenizers/ggml-vocab/ggml-vocab-";

    @ParameterizedTest
    @CsvSource({"gpt2, gpt-2", "npm-qwen3, qwen2"})
    void a_tokenizer_json_gives_the_references_ids(String folder, String name) throws IOException {
        Path path = Golden.shared("assets/tokenizers/" + folder);
        Tokenizer tokenizer = FolderTokenizer.read(path, SpecialTokens.none());
        ReferenceIds.assertThatGives(
                tokenizer, Golden.shared(VOCAB + name + ".gguf.inp"), Golden.shared(VOCAB + name + ".gguf.out"));
    }

    @ParameterizedTest
    @CsvSource({"llama-spm", "phi-3"})
    void the_json_made_from_sentence_piece_scores_gives_the_same_ids(String name) throws IOException {
        Map<String, Object> metadata = GgufReader.read(Golden.shared(VOCAB + name + ".gguf"));
        Tokenizer json = JsonTokenizer.parse(name, GgufTokenizer.tokenizerJson(name, metadata), SpecialTokens.none());
        ReferenceIds.assertThatGives(
                json, Golden.shared(VOCAB + name + ".gguf.inp"), Golden.shared(VOCAB + name + ".gguf.out"));
    }

    @Test
    void a_bert_vocabulary_marks_word_starts_and_is_read_as_word_pieces() {
        Map<String, Object> metadata = new HashMap<>(Map.of(
                "tokenizer.ggml.model",
                "bert",
                "tokenizer.ggml.tokens",
                List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁run", "ning", "▁!"),
                "tokenizer.ggml.token_type",
                List.of(3, 2, 3, 3, 1, 1, 1),
                "tokenizer.ggml.unknown_token_id",
                1,
                "tokenizer.ggml.cls_token_id",
                2,
                "tokenizer.ggml.seperator_token_id",
                3));
        Tokenizer t = GgufTokenizer.of("bert.gguf", metadata);
        assertThat(t.encode("Rùnning! ning", true)).containsExactly(2, 4, 5, 6, 1, 3);
        assertThat(t.decode(new int[] {4, 5, 6}, true)).isEqualTo("running!");
        metadata.remove("tokenizer.ggml.unknown_token_id");
        assertThatThrownBy(() -> GgufTokenizer.of("bert.gguf", metadata))
                .hasMessage("bert.gguf: tokenizer.ggml.unknown_token_id is 100, expected below the vocabulary size 7");
    }

    @Test
    void a_file_without_the_name_of_its_pre_tokeniser_is_noted() {
        Map<String, Object> metadata = Map.of(
                "tokenizer.ggml.model", "gpt2",
                "tokenizer.ggml.tokens", List.of("a", "b", "ab"),
                "tokenizer.ggml.merges", List.of("a b"));
        assertThat(GgufTokenizer.of("old.gguf", metadata).notes())
                .containsExactly("old.gguf: has no tokenizer.ggml.pre, so words are cut as llama.cpp's 'default' does;"
                        + " the model may have been trained with other words: convert it anew");
    }

    @Test
    void llama2c_pieces_merge_by_score() throws IOException {
        Tokenizer t = Llama2cTokenizer.read(Golden.shared("assets/models/stories260K/tok512.bin"));
        int[] ids = t.encode("Once upon a time, 你", true);
        assertThat(ids[0]).isEqualTo(t.bos()).isEqualTo(1);
        assertThat(ids).endsWith(t.id("<0xE4>"), t.id("<0xBD>"), t.id("<0xA0>"));
        assertThat(t.decode(ids, true)).isEqualTo("Once upon a time, 你");
        assertThat(t.encode("", false)).isEmpty();
    }

    @Test
    void llama2c_and_the_gguf_of_one_model_agree() throws IOException {
        Tokenizer bin = Llama2cTokenizer.read(Golden.shared("assets/models/stories260K/tok512.bin"));
        Path file = Golden.shared("assets/models/stories260K/stories260K-f32.v3.gguf");
        Tokenizer gguf = GgufTokenizer.of("stories260K", GgufReader.read(file));
        String text = Files.readString(Golden.shared("assets/models/stories260K/stories260K.md"));
        assertThat(bin.encode(text, true)).containsExactly(gguf.encode(text, true));
    }

    @Test
    void an_unknown_pre_tokeniser_is_refused_by_name() {
        Map<String, Object> metadata = new HashMap<>(Map.of(
                "tokenizer.ggml.model",
                "gpt2",
                "tokenizer.ggml.pre",
                "klingon",
                "tokenizer.ggml.tokens",
                List.of("a"),
                "tokenizer.ggml.merges",
                List.of()));
        assertThatThrownBy(() -> GgufTokenizer.of("m.gguf", metadata))
                .hasMessageStartingWith(
                        "m.gguf: tokenizer.ggml.pre is 'klingon', expected one of bailingmoe, bailingmoe2,");
        metadata.put("tokenizer.ggml.model", "rwkv");
        assertThatThrownBy(() -> GgufTokenizer.of("m.gguf", metadata))
                .hasMessage("m.gguf: tokenizer.ggml.model is 'rwkv', expected 'gpt2', 'bert' or 'llama'");
        assertThatThrownBy(() -> GgufTokenizer.of("m.gguf", Map.of("tokenizer.ggml.model", "llama")))
                .hasMessage("m.gguf: tokenizer.ggml.tokens is missing, expected an array");
    }

    @Test
    void a_negative_id_is_refused_and_one_beyond_the_vocabulary_leaves_no_text() throws IOException {
        Tokenizer t = Llama2cTokenizer.read(Golden.shared("assets/models/stories260K/tok512.bin"));
        int[] ids = t.encode("One day", true);
        int[] padded = Arrays.copyOf(ids, ids.length + 1);
        padded[ids.length] = 512;
        assertThat(t.decode(padded, true)).isEqualTo(t.decode(ids, true));
        assertThatThrownBy(() -> t.decode(new int[] {-1}, false))
                .hasMessage("tokenizer: token id is -1, expected 0 or more");
    }

    @Test
    void a_cut_off_llama2c_file_is_refused() {
        assertThatThrownBy(() -> Llama2cTokenizer.parse("t.bin", new byte[] {7, 0, 0, 0, 1}))
                .hasMessage("t.bin: token 0 is cut off at the end of the file");
    }
}
