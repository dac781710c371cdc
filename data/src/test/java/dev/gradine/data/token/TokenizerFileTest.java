package dev.gradine.data.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.TinyTokenizers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a `tokenizer.json` may say. Most of what is refused here made the native library end the process.
class TokenizerFileTest {
    private static final String BPE = "\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2},"
            + " \"merges\": [[\"a\", \"b\"]]}";

    private static Tokenizer parse(String json) {
        return JsonTokenizer.parse("t.json", json, SpecialTokens.none());
    }

    private static void refuses(String json, String message) {
        assertThatThrownBy(() -> parse(json))
                .isInstanceOf(TokenizerException.class)
                .hasMessage("t.json: " + message);
    }

    @Test
    void the_four_kinds_of_model_are_read() {
        assertThat(parse(TinyTokenizers.bpe()).encode("xabc", true)).containsExactly(8, 3, 7);
        assertThat(parse(TinyTokenizers.unigram()).encode("ab b", false)).containsExactly(5, 1, 3);
        assertThat(parse(TinyTokenizers.wordPiece()).encode("AB", true)).containsExactly(1, 3, 4, 2);
        assertThat(parse(TinyTokenizers.wordLevel()).encode("Ab c", true)).containsExactly(1, 4, 0, 2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"type": "Strip", "content": "a", "start": 1, "stop": 1} | decoder.stop is 1, expected 0 to 0
            {"type": "Strip", "content": "ab", "start": 1, "stop": 0} | decoder.content is "ab", expected one \
            character
            {"type": "Fuze"} | decoder.type is "Fuze", expected one of BPEDecoder, ByteFallback, ByteLevel, \
            CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece
            {"type": "Sequence", "decoders": [{"type": "CTC"}]} | decoder.decoders[0].pad_token is missing, \
            expected a text
            5 | decoder is 5, expected an object
            """)
    void a_decoder_is_refused(String decoder, String message) {
        refuses("{\"decoder\": " + decoder + ", " + BPE + "}", message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"type": "FixedLength", "length": 0} | pre_tokenizer.length is 0, expected 1 to 1048576
            {"type": "Digits", "individual_digits": "yes"} | pre_tokenizer.individual_digits is "yes", expected \
            true or false
            {"type": "Punctuation", "behavior": "Kept"} | pre_tokenizer.behavior is "Kept", expected one of \
            Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous
            {"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated", "invert": false} | \
            pre_tokenizer.pattern.String is empty, expected a text
            """)
    void a_pre_tokenizer_is_refused(String step, String message) {
        refuses("{\"pre_tokenizer\": " + step + ", " + BPE + "}", message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"type": "Precompiled", "precompiled_charsmap": "AAAA"} | normalizer.precompiled_charsmap is cut \
            off, expected SentencePiece's table
            {"type": "Precompiled", "precompiled_charsmap": "*"} | normalizer.precompiled_charsmap is not \
            base64, expected SentencePiece's table
            {"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAAA="} | normalizer.precompiled_charsmap \
            leads out of its trie, expected SentencePiece's table
            {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "a"}, "content": \
            "aaaaaaaaa"}, {"type": "Replace", "pattern": {"Regex": "a"}, "content": "bbbbbbbbbb"}]} | \
            normalizer makes a text up to 90 times as long, expected at most 64
            """)
    void a_normalizer_is_refused(String step, String message) {
        refuses("{\"normalizer\": " + step + ", " + BPE + "}", message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [{"Sequence": {"id": "B", "type_id": 0}}] | single[0].Sequence.id is "B", expected one of A
            [] | single holds the text 0 times, expected once
            [{"SpecialToken": {"id": "q", "type_id": 0}}] | single[0].SpecialToken.id is 'q', expected a key of \
            special_tokens
            [{"Sequence": {"id": "A", "type_id": -1}}] | single[0].Sequence.type_id is -1, expected 0 to 1048576
            """)
    void a_template_of_tokens_around_a_text_is_refused(String single, String message) {
        refuses(
                "{\"post_processor\": {\"type\": \"TemplateProcessing\", \"pair\": [], \"special_tokens\": {},"
                        + " \"single\": "
                        + single + "}, " + BPE + "}",
                "post_processor." + message);
    }

    @Test
    void two_steps_that_put_tokens_around_a_text_are_refused() {
        String bert = "{\"type\": \"BertProcessing\", \"sep\": [\"a\", 0], \"cls\": [\"b\", 1]}";
        refuses(
                "{\"post_processor\": {\"type\": \"Sequence\", \"processors\": [" + bert + ", " + bert + "]}, " + BPE
                        + "}",
                "post_processor.processors[1] puts tokens around a text that has them already, expected one such step");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]], "continuing_subword_prefix": "####" | \
            merges[0] has 'b' on its right, expected the continuing_subword_prefix '####' before it
            "vocab": {"a": 0, "b": 1}, "merges": ["a b"]      | merges[0] makes 'ab', which the vocabulary has not
            "vocab": {"a": 0, "b": 1}, "merges": ["a c"]      | merges[0] has 'c', which the vocabulary has not
            "vocab": {"a": 0, "b": 1}, "merges": ["a"]        | merges[0] is "a", expected two tokens
            "vocab": {"a": 0, "b": 1}, "merges": [[1, 2]]     | merges[0] is a list, expected two tokens
            "vocab": {"a": -1}, "merges": []                  | vocab: 'a' id is -1, expected 0 to 16777215
            "vocab": {"a": 99999999999}, "merges": []         | vocab: 'a' id is 99999999999, expected 0 to 16777215
            "vocab": {"a": 1, "b": 1}, "merges": []           | vocab: 'b' has the id 1, which another token has, too
            "vocab": {"a": 0}, "merges": [], "dropout": 1.5   | dropout is 1.5, expected 0 to 1
            "vocab": ["a"], "merges": []                      | vocab is a list, expected ids by token
            "vocab": {"a": 0}                                 | merges is missing, expected a list
            """)
    void a_bpe_model_is_refused(String fields, String message) {
        refuses("{\"model\": {\"type\": \"BPE\", " + fields + "}}", "model." + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [["<unk>", 0], ["", -1]] | vocab[1] has 0 characters, expected 1 to 10000
            [["<unk>"]]              | vocab[0] is a list, expected a piece and its score
            [["<unk>", 1e300]]       | vocab[0] is a list, expected a piece and its score
            [["a", 0]], "unk_id": 1  | unk_id is 1, expected 0 to 0
            """)
    void a_unigram_model_is_refused(String vocab, String message) {
        refuses("{\"model\": {\"type\": \"Unigram\", \"vocab\": " + vocab + "}}", "model." + message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a+)+b",
                "(a|aa)+$",
                "a*a*a*b",
                "(?:a?a)+c",
                "(a)\\1",
                "(?<n>a\\g<n>?)",
                "a{1,2000}",
                "(?~a)",
                "a**",
                "[]a]",
                "(?x)a",
                "a{2}{3}",
                "\\K",
                "(?{1})"
            })
    void a_pattern_that_some_text_could_hold_for_ever_is_refused(String regex) {
        String json =
                "{\"pre_tokenizer\": {\"type\": \"Split\", \"behavior\": \"Isolated\", \"invert\": false, \"pattern\":"
                        + " {\"Regex\": \"" + regex.replace("\\", "\\\\") + "\"}}, " + BPE + "}";
        assertThatThrownBy(() -> parse(json))
                .isInstanceOf(TokenizerException.class)
                .hasMessageStartingWith("t.json: pre_tokenizer.pattern.Regex is '" + regex + "': it has ")
                .hasMessageEndingWith(", so that a text could take for ever");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                        + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                        + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
                        + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                        + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+",
                " {2,}",
                "\\s?\\p{L}+",
                "[\\p{Han}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lo}&&[^\\p{Han}]]*[\\p{Ll}\\p{M}&&[^\\p{Han}]]+"
            })
    void the_patterns_of_models_in_use_are_taken(String regex) {
        RegexCheck.require("here", regex);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a*", "^", "$", "(?=a)", "a|b?"})
    void a_replacement_of_nothing_is_refused(String regex) {
        refuses(
                "{\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"Regex\": \"" + regex
                        + "\"}, \"content\": \"ab\"}, " + BPE + "}",
                "normalizer.pattern.Regex is '" + regex + "', which can match nothing, expected characters");
    }

    @Test
    void an_added_token_that_the_normalizer_makes_empty_is_refused() {
        refuses(
                "{\"normalizer\": {\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}, \"added_tokens\":"
                        + " [{\"id\": 3, \"content\": \"  \", \"normalized\": true}], " + BPE + "}",
                "added token '  ' is empty once it is normalized, expected a text that stays");
    }

    @Test
    void added_tokens_that_claim_the_same_white_space_are_refused() {
        refuses(
                "{\"added_tokens\": [{\"id\": 3, \"content\": \"c\", \"rstrip\": true},"
                        + " {\"id\": 4, \"content\": \" d\", \"lstrip\": true}], " + BPE + "}",
                "added token ' d' begins with white space and takes the white space before it (lstrip), while another"
                        + " takes the white space behind it (rstrip), expected one of the two");
    }

    @Test
    void what_is_no_json_is_refused() {
        refuses(
                "{\"a\": \"\\ud800\", " + BPE + "}",
                "a holds half of a surrogate pair (\\ud800), expected whole Unicode" + " characters");
        refuses("[]", "is a list, expected a JSON object, { ... }");
        refuses("{\"version\": \"2.0\", " + BPE + "}", "version is \"2.0\", expected \"1.0\"");
        refuses("{" + BPE + "} {}", "line 1, column 88: is not JSON: text after the end, expected one value");
        assertThatThrownBy(() -> parse("{\"a\": ".repeat(200))).hasMessageContaining("nesting depth");
    }
}
