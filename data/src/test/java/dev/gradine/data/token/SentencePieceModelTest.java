package dev.gradine.data.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.Golden;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// SentencePiece `.model` files, against the ids that sentencepiece 0.2.3 gives.
class SentencePieceModelTest {
    private static final List<String> MORE = List.of(
            "<sep>a<sep> b",
            "x [USER]y  z",
            "ab c  ab",
            "ﬁne １２３ Ａ",
            " leading and trailing  ",
            "\tTab\nline",
            "a▁b",
            "e\u0301 cafe\u0301",
            "");

    @TempDir
    private Path folder = Path.of("");

    private static Path model(String name) {
        return Golden.golden("tokenizers/sentencepiece/" + name + ".model");
    }

    private static Tokenizer read(String name) throws IOException {
        return SentencePieceModel.read(model(name)).tokenizer(DeclaredTokens.none(), SpecialTokens.none(), Map.of());
    }

    private static List<String> texts() throws IOException {
        Path file = Golden.shared("assets/tokenizers/ggml-vocab/ggml-vocab-gpt-2.gguf.inp");
        List<String> all = new ArrayList<>(Arrays.asList(Files.readString(file).split("\n__ggml_vocab_test__\n", -1))
                .subList(0, 46));
        all.addAll(MORE);
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"unigram-nmt", "unigram-bytes", "bpe-llama", "bpe-nfkc"})
    void a_model_gives_the_references_ids(String name) throws IOException {
        Tokenizer t = read(name);
        List<String> expected = Files.readAllLines(Golden.golden("tokenizers/sentencepiece/" + name + ".ids"));
        List<String> texts = texts();
        assertThat(expected).hasSize(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            assertThat(t.encode(texts.get(i), false))
                    .as("text %d: %s", i, texts.get(i))
                    .containsExactly(Arrays.stream(expected.get(i).split(" ", -1))
                            .filter(s -> !s.isEmpty())
                            .mapToInt(Integer::parseInt)
                            .toArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unigram-nmt", "unigram-bytes", "bpe-llama", "bpe-nfkc"})
    void the_pieces_cover_the_text_in_order(String name) throws IOException {
        Tokenizer t = read(name);
        for (String text : texts()) {
            TokenSpans spans = t.spans(text, false);
            for (int i = 0; i < spans.size(); i++) {
                assertThat(spans.start(i)).isBetween(i == 0 ? 0 : spans.start(i - 1), spans.end(i));
                assertThat(spans.end(i)).isLessThanOrEqualTo(text.length());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"unigram-bytes", "bpe-llama"})
    void a_model_with_bytes_gives_every_text_back(String name) throws IOException {
        Tokenizer t = read(name);
        for (String text : texts()) {
            int[] ids = t.encode(text, false);
            int[] begun = new int[ids.length + 1];
            begun[0] = t.bos();
            System.arraycopy(ids, 0, begun, 1, ids.length);
            assertThat(t.decode(begun, true)).isEqualTo(text.replace('▁', ' '));
        }
    }

    @Test
    void a_folder_with_a_model_and_added_tokens_is_read() throws IOException {
        Files.copy(model("bpe-llama"), folder.resolve("tokenizer.model"));
        Files.writeString(folder.resolve("tokenizer_config.json"), """
                {"pad_token": "<pad>", "eos_token": "<end>", "add_eos_token": true,
                 "added_tokens_decoder": {"600": {"content": "<pad>", "special": true},
                                          "601": {"content": "<end>", "special": true},
                                          "602": {"content": "tool!", "rstrip": true}}}""");
        Tokenizer t = FolderTokenizer.read(folder, SpecialTokens.none());
        assertThat(t.vocabSize()).isEqualTo(603);
        assertThat(t.special()).isEqualTo(new SpecialTokens(1, 601, 600));
        assertThat(t.encode("tool!<end>", true)).containsExactly(1, 602, 601, 601);
        assertThat(t.decode(new int[] {602, 601}, true)).isEqualTo("tool!");
        assertThat(t.notes())
                .containsExactly(folder.resolve("tokenizer.model") + ": token 'tool!' is declared with lstrip, rstrip"
                        + " or single_word, which counts with a tokenizer.json alone");
    }

    @Test
    void a_folder_without_any_is_refused() {
        assertThatThrownBy(() -> FolderTokenizer.read(folder, SpecialTokens.none()))
                .hasMessage(folder + ": has no tokenizer.json and none of tokenizer.model, spiece.model,"
                        + " sentencepiece.bpe.model, spm.model");
    }

    private static byte[] message(Object... fields) {
        var out = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            int number = (Integer) fields[i];
            byte[] bytes = fields[i + 1] instanceof byte[] b ? b : null;
            if (fields[i + 1] instanceof String s) bytes = s.getBytes(UTF_8);
            varint(out, number * 8 + (bytes == null ? 0 : 2));
            varint(out, bytes == null ? (Integer) fields[i + 1] : bytes.length);
            if (bytes != null) out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int v = value;
        for (; v > 127; v >>>= 7) out.write((v & 127) | 128);
        out.write(v);
    }

    private static byte[] piece(String text, int kind) {
        return message(1, message(1, text, 3, kind));
    }

    @Test
    void a_user_defined_symbol_does_not_merge_with_what_is_beside_it() {
        var model = new ByteArrayOutputStream();
        model.writeBytes(piece("<unk>", PieceTable.UNKNOWN));
        for (String text : List.of("a", "b", "c", "abc", "bc")) model.writeBytes(piece(text, PieceTable.NORMAL));
        model.writeBytes(piece("ab", PieceTable.USER_DEFINED));
        model.writeBytes(message(2, message(3, 2)));
        model.writeBytes(message(3, message(3, 0, 4, 0)));
        Tokenizer t = SentencePieceModel.parse("m.model", model.toByteArray())
                .tokenizer(DeclaredTokens.none(), SpecialTokens.none(), Map.of());
        assertThat(t.encode("abc", false)).containsExactly(6, 3);
        assertThat(t.encode("bc", false)).containsExactly(5);
        assertThat(t.encode("xyabc", false)).containsExactly(0, 6, 3);
    }

    private static void refuses(byte[] bytes, String message) {
        assertThatThrownBy(() -> SentencePieceModel.parse("m.model", bytes))
                .isInstanceOf(TokenizerException.class)
                .hasMessage("m.model: " + message);
    }

    @Test
    void what_is_no_model_is_refused_in_one_line() {
        refuses(new byte[0], "has no pieces, expected a SentencePiece model");
        refuses(new byte[] {10, 5, 1}, "field 1 has 5 bytes, expected at most 1, what is left of the message");
        refuses(new byte[] {11}, "field 1 has wire type 3, expected 0, 1, 2 or 5");
        refuses(new byte[] {13, 1}, "is cut off at byte 1");
        refuses(
                new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1},
                "an integer has more than ten bytes at byte 10");
        refuses(message(1, message(3, 1)), "piece 0 is empty, expected a text");
        refuses(message(1, message(1, "a", 3, 9)), "piece 0 has type 9, expected 1 to 6");
        refuses(message(1, message(1, "a", 3, 6)), "piece 0 is 'a', a byte, expected the form <0xNN>");
        refuses(message(1, message(1, new byte[] {-1})), "piece 0: field 1 is not UTF-8");
        refuses(message(2, message(3, 3)), "trainer_spec.model_type is 3, expected 1 (UNIGRAM) or 2 (BPE)");
        refuses(
                message(2, message(24, 1)),
                "trainer_spec.treat_whitespace_as_suffix is true, expected false (spaces begin a word)");
        refuses(message(3, message(5, 0)), "normalizer_spec.escape_whitespaces is false, expected true (▁)");
        refuses(
                message(3, message(2, new byte[] {1, 2})),
                "normalizer_spec.precompiled_charsmap is cut off, expected SentencePiece's table");
    }

    @Test
    void a_damaged_file_is_read_or_refused_in_one_line() throws IOException {
        byte[] good = Files.readAllBytes(model("bpe-llama"));
        var random = new SplittableRandom(1);
        for (int i = 0; i < 2000; i++) {
            byte[] bad = Arrays.copyOf(good, i % 3 == 0 ? random.nextInt(good.length) : good.length);
            for (int k = 0; k < 3 && bad.length > 0; k++) bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            try {
                Tokenizer t = SentencePieceModel.parse("m", bad)
                        .tokenizer(DeclaredTokens.none(), SpecialTokens.none(), Map.of());
                t.encode("The quick brown fox", true);
            } catch (TokenizerException e) {
                assertThat(e.getMessage()).startsWith("m: ").doesNotContain("\n");
            }
        }
    }
}
