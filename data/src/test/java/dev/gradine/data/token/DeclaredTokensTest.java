package dev.gradine.data.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.TinyTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tokens that a folder declares outside `tokenizer.json`. The ids are those of transformers 5.24's `AutoTokenizer`.
class DeclaredTokensTest {

    @TempDir
    private Path folder = Path.of("");

    @BeforeEach
    void tokenizerJson() throws IOException {
        write("tokenizer.json", TinyTokenizers.bpe());
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private Tokenizer read() throws IOException {
        return FolderTokenizer.read(folder, SpecialTokens.none());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            tokenizer_config.json   | {"added_tokens_decoder": {"9": {"content": "<x>", "special": true}}}
            tokenizer_config.json   | {"additional_special_tokens": ["<x>"]}
            tokenizer_config.json   | {"extra_special_tokens": [{"content": "<x>", "lstrip": false}]}
            tokenizer_config.json   | {"extra_special_tokens": {"image_token": "<x>"}}
            tokenizer_config.json   | {"model_specific_special_tokens": {"image_token": "<x>"}}
            tokenizer_config.json   | {"image_token": "<x>"}
            tokenizer_config.json   | {"pad_token": "<x>"}
            tokenizer_config.json   | {"unk_token": {"__type": "AddedToken", "content": "<x>", "normalized": false}}
            special_tokens_map.json | {"pad_token": "<x>"}
            special_tokens_map.json | {"mask_token": {"content": "<x>", "normalized": false}}
            special_tokens_map.json | {"additional_special_tokens": ["<x>"]}
            added_tokens.json       | {"<x>": 9}
            """)
    void a_token_declared_anywhere_is_one_token_behind_the_vocabulary(String file, String text) throws IOException {
        write(file, text);
        assertThat(read().encode("a<x>b", false)).containsExactly(0, 9, 1);
    }

    @Test
    void a_pad_token_that_is_only_declared_has_an_id_of_its_own() throws IOException {
        write("tokenizer_config.json", "{\"pad_token\": \"<pad>\", \"eos_token\": \"<s>\"}");
        Tokenizer t = read();
        assertThat(t.special()).isEqualTo(new SpecialTokens(SpecialTokens.NONE, 8, 9));
        assertThat(t.vocabSize()).isEqualTo(10);
    }

    @Test
    void tokens_are_added_by_id_then_by_name_then_the_extra_ones() throws IOException {
        write("tokenizer_config.json", """
                {"extra_special_tokens": ["<e>"], "pad_token": "<p>", "bos_token": "<b>",
                 "added_tokens_decoder": {"10": {"content": "<ten>"}, "9": {"content": "<nine>"}}}""");
        Tokenizer t = read();
        assertThat(t.encode("<nine><ten><b><p><e>", false)).containsExactly(9, 10, 11, 12, 13);
        assertThat(t.isSpecial(9)).isFalse();
        assertThat(t.isSpecial(13)).isTrue();
        assertThat(t.decode(new int[] {0, 9, 13, 1}, true)).isEqualTo("a<nine>b");
    }

    @Test
    void of_two_declarations_by_name_the_later_counts() throws IOException {
        write("tokenizer_config.json", """
                {"bos_token": {"__type": "AddedToken", "content": "<x>", "rstrip": true},
                 "extra_special_tokens": ["<x>"]}""");
        assertThat(read().encode("<x> b", false)).containsExactly(9, 4, 1);
    }

    @Test
    void the_map_goes_before_the_configuration_unless_that_has_added_tokens() throws IOException {
        write("special_tokens_map.json", "{\"eos_token\": \"<m>\"}");
        write("tokenizer_config.json", "{\"eos_token\": \"<c>\"}");
        assertThat(read().token(read().eos())).isEqualTo("<m>");
        write("tokenizer_config.json", "{\"eos_token\": \"<c>\", \"added_tokens_decoder\": {}}");
        assertThat(read().token(read().eos())).isEqualTo("<c>");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"lstrip": true, "content": "<x>"}      | a <x> b | 0,9,4,1
            {"rstrip": true, "content": "<x>"}      | a <x> b | 0,4,9,1
            {"single_word": true, "content": "x"}   | ax x    | 0,3,4,3
            {"single_word": false, "content": "bc"} | abc     | 0,9
            """)
    void the_flags_of_a_token_are_kept(String token, String text, String ids) throws IOException {
        write("tokenizer_config.json", "{\"added_tokens_decoder\": {\"9\": " + token + "}}");
        assertThat(read().encode(text, false))
                .containsExactly(Arrays.stream(ids.split(",", -1))
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    @Test
    void a_token_of_the_vocabulary_that_is_named_keeps_its_id_and_becomes_a_mark() throws IOException {
        assertThat(read().encode("xabc", false)).containsExactly(3, 7);
        write("tokenizer_config.json", "{\"eos_token\": \"b\"}");
        Tokenizer t = read();
        assertThat(t.encode("xabc", false)).containsExactly(3, 0, 1, 2);
        assertThat(t.isSpecial(1)).isTrue();
    }

    @Test
    void a_declared_id_that_the_token_does_not_get_is_noted() throws IOException {
        write("added_tokens.json", "{\"<x>\": 40}");
        Tokenizer t = read();
        assertThat(t.encode("<x>", false)).containsExactly(9);
        assertThat(t.notes())
                .containsExactly(folder.resolve("added_tokens.json")
                        + ": token '<x>' is declared with id 40; it gets 9, as in transformers (the next free id)");
    }

    @Test
    void ids_beyond_the_tokenizer_leave_no_text() throws IOException {
        Tokenizer t = read();
        assertThat(t.decode(new int[] {0, 9, 1000000, 1}, false)).isEqualTo("ab");
        assertThat(t.decode(new int[] {9}, false)).isEmpty();
        assertThat(t.token(9)).isEmpty();
        assertThat(t.isSpecial(9)).isFalse();
        var stream = new StreamDecoder(t, true);
        assertThat(stream.next(0) + stream.next(500) + stream.next(1) + stream.finish())
                .isEqualTo("ab");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            added_tokens.json     | {"<x>": -1}             | : '<x>' id is -1, expected 0 to 16777215
            added_tokens.json     | {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee": -1} | : \
            'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd ...' id is -1, expected 0 to 16777215
            tokenizer_config.json | {"extra_special_tokens": {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee": 1}} | : \
            extra_special_tokens.aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd ... is 1, expected a text that is not empty
            added_tokens.json     | {"": 9}                 | : a token is empty, expected a text
            tokenizer_config.json | {"pad_token": 5}        | : pad_token is 5, expected a text that is not empty
            tokenizer_config.json | {"eos_token": {}}       | : eos_token.content is missing, expected a text \
            that is not empty
            tokenizer_config.json | {"extra_special_tokens": "x"} | : extra_special_tokens is "x", expected a \
            list of tokens
            tokenizer_config.json | {"added_tokens_decoder": {"-1": {"content": "x"}}} | : \
            added_tokens_decoder.-1: the key is '-1', expected a token id
            tokenizer_config.json | {"added_tokens_decoder": {"9": {"content": "x", "lstrip": 1}}} | : \
            added_tokens_decoder.9.lstrip is 1, expected true or false
            tokenizer_config.json | {"a": 1, "a": 2}        | : line 1, column 13: is not JSON: Duplicate \
            Object property "a"
            tokenizer_config.json | []                      | : is a list, expected a JSON object, { ... }
            """)
    void what_is_no_token_is_refused_with_file_and_place(String file, String text, String message) throws IOException {
        write(file, text);
        assertThatThrownBy(this::read)
                .isInstanceOf(TokenizerException.class)
                .hasMessage(folder.resolve(file) + message);
    }
}
