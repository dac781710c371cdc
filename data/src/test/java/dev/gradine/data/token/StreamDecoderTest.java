package dev.gradine.data.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamDecoderTest {
    /// The 256 bytes, three marks, and a few pieces, as GGUF metadata.
    static Tokenizer bytes() {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
        List<Float> scores = new ArrayList<>(List.of(0f, 0f, 0f));
        for (int b = 0; b < 256; b++) tokens.add(String.format("<0x%02X>", b));
        while (types.size() < tokens.size()) types.add(6);
        tokens.addAll(List.of("\u2581", "a", "b", "ab", "\u2581a", "\u2581ab"));
        while (types.size() < tokens.size()) types.add(1);
        while (scores.size() < tokens.size()) scores.add((float) -scores.size());
        Map<String, Object> m = new HashMap<>();
        m.put("tokenizer.ggml.model", "llama");
        m.put("tokenizer.ggml.tokens", tokens);
        m.put("tokenizer.ggml.token_type", types);
        m.put("tokenizer.ggml.scores", scores);
        m.put("tokenizer.ggml.bos_token_id", 1);
        m.put("tokenizer.ggml.eos_token_id", 2);
        return GgufTokenizer.of("bytes", m);
    }

    @Test
    void the_pieces_joined_are_the_text_and_no_character_is_split() {
        Tokenizer t = bytes();
        String text = "ab é 👋🏽 ab 你好";
        var stream = new StreamDecoder(t, true);
        var joined = new StringBuilder();
        for (int id : t.encode(text, true)) {
            String piece = stream.next(id);
            assertThat(piece).doesNotContain("\uFFFD");
            if (!piece.isEmpty())
                assertThat(Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                        .isFalse();
            joined.append(piece);
        }
        assertThat(joined.append(stream.finish())).hasToString(text);
    }

    @Test
    void broken_bytes_come_out_in_the_end() {
        Tokenizer t = bytes();
        var stream = new StreamDecoder(t, true);
        assertThat(stream.next(t.id("<0xC3>"))).isEmpty();
        assertThat(stream.finish()).isEqualTo("\uFFFD");
        var many = new StreamDecoder(t, true);
        var out = new StringBuilder();
        for (int i = 0; i < 9; i++) out.append(many.next(t.id("<0xFF>")));
        assertThat(out.append(many.finish())).hasToString("\uFFFD".repeat(9));
    }

    @Test
    void a_continuation_keeps_the_space_that_separates_it() {
        Tokenizer t = bytes();
        var stream = new StreamDecoder(t, true, t.encode("ab", true));
        assertThat(stream.next(t.id("\u2581ab"))).isEqualTo(" ab");
    }

    @Test
    void the_highest_score_merges_first_and_the_leftmost_of_equals() {
        Tokenizer t = bytes();
        // 'ab' scores above '▁a': ▁ + ab, then ▁ab
        assertThat(t.encode("ab", false)).containsExactly(t.id("\u2581ab"));
        assertThat(t.encode("aab", false)).containsExactly(t.id("\u2581a"), t.id("ab"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "gpt-2", "smollm", "llama-bpe", "qwen2"})
    void every_way_to_cut_words_keeps_the_text(String pre) {
        Tokenizer t = ByteTokenizer.chatMl(pre);
        String text = "It's  12345 <= é!?\n\n 你好<|im_end|>";
        int[] ids = t.encode(text, true);
        assertThat(t.decode(ids, false)).endsWith(text);
        assertThat(ids[0] == t.bos()).isEqualTo(pre.equals("llama-bpe"));
    }

    @Test
    void a_mark_written_in_the_text_is_cut_out() {
        Tokenizer t = bytes();
        assertThat(t.encode("ab</s>", false)).containsExactly(t.id("\u2581ab"), 2);
        TokenSpans spans = t.spans("ab</s>a", true);
        assertThat(spans.start(2)).isEqualTo(2);
        assertThat(spans.end(2)).isEqualTo(6);
    }
}
