package dev.gradine.data.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The tokenizer of the real-size model of the tests, from its folder and from its GGUF.
class SmolLm2TokenizerTest {
    @TempDir
    private static Path copy = Path.of("");

    private static Path folder = Path.of("");
    private static Tokenizer json = StreamDecoderTest.bytes();

    @BeforeAll
    static void load() throws IOException {
        folder = Golden.smolLm2(copy);
        json = FolderTokenizer.read(folder, SpecialTokens.none());
    }

    @Test
    void the_tokenizer_in_a_gguf_is_the_one_beside_it() throws IOException {
        Tokenizer gguf = GgufTokenizer.of("smollm2", GgufReader.read(folder.resolve(Golden.SMOLLM2_GGUF)));
        Path inputs = Golden.shared("assets/tokenizers/smollm2/inputs.inp");
        for (String text : Files.readString(inputs).split("\n__ggml_vocab_test__\n", -1)) {
            String chat = "<|im_start|>user\n" + text + "<|im_end|>\n";
            assertThat(gguf.encode(chat, false)).as(text).containsExactly(json.encode(chat, false));
        }
        assertThat(gguf.vocabSize()).isEqualTo(json.vocabSize()).isEqualTo(49152);
        assertThat(gguf.eos()).isEqualTo(json.eos()).isEqualTo(gguf.id("<|im_end|>"));
        assertThat(gguf.isSpecial(gguf.eos())).isTrue();
    }

    @Test
    void a_long_text_is_not_cut() {
        assertThat(json.encode("a b ".repeat(3000), false)).hasSizeGreaterThan(6000);
    }

    @Test
    void the_characters_of_a_token_are_counted_in_utf_16() {
        String text = "Grüße 👋🏽 end";
        TokenSpans spans = json.spans(text, false);
        assertThat(text.substring(spans.start(spans.size() - 1), spans.end(spans.size() - 1))
                        .strip())
                .isEqualTo("end");
    }
}
