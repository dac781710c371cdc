package dev.gradine.data.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.Golden;
import dev.gradine.testkit.TinyTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Two texts together: ids and types of transformers, whole and cut.
class TokenPairTest {

    @ParameterizedTest
    @CsvSource({"bert, classify-steps/bert", "roberta, pairs/roberta"})
    void ids_and_types_are_those_of_transformers(String name, String folder) throws IOException {
        Tokenizer tokenizer = FolderTokenizer.read(Golden.golden(folder), SpecialTokens.none());
        Path expected = Golden.golden("pairs/" + name).resolve("expected.jsonl");
        int cut = 0;
        for (String line : Files.readAllLines(expected)) {
            JsonNode row = JsonMapper.shared().readTree(line);
            TokenPair whole = tokenizer.pair(
                    row.path("text").asString(), row.path("text_pair").asString());
            TokenPair kept = whole.cut(row.path("max_length").asInt(Integer.MAX_VALUE));
            assertThat(kept.ids()).as(line).containsExactly(ints(row.path("input_ids")));
            assertThat(kept.types()).as(line).containsExactly(ints(row.path("token_type_ids")));
            if (kept.size() < whole.size()) cut++;
        }
        assertThat(cut).isGreaterThan(20);
    }

    private static int[] ints(JsonNode list) {
        return list.valueStream().mapToInt(JsonNode::asInt).toArray();
    }

    @Test
    void what_stands_around_the_texts_is_not_cut() {
        var pair = new TokenPair(new int[] {9, 1, 2, 3, 8, 4, 5, 8}, new int[] {0, 0, 0, 0, 0, 1, 1, 1}, new int[] {
            -1, 0, 0, 0, -1, 1, 1, -1
        });
        assertThat(pair.cut(8)).isSameAs(pair);
        assertThat(pair.cut(7).ids()).containsExactly(9, 1, 2, 8, 4, 5, 8);
        assertThat(pair.cut(6).ids()).containsExactly(9, 1, 2, 8, 4, 8);
        assertThat(pair.cut(5).types()).containsExactly(0, 0, 0, 1, 1);
        assertThat(pair.cut(4).ids()).containsExactly(9, 1, 8, 8);
        assertThat(pair.cut(3).size()).isZero();
    }

    @Test
    void a_tokenizer_whose_files_do_not_say_how_is_named() throws IOException {
        Tokenizer pieces = SentencePieceModel.read(Golden.golden("tokenizers/sentencepiece/bpe-llama.model"))
                .tokenizer(DeclaredTokens.none(), SpecialTokens.none(), Map.of());
        assertThatThrownBy(() -> pieces.pair("a", "b"))
                .isInstanceOf(TokenizerException.class)
                .hasMessage("tokenizer: its files do not say how two texts stand together, expected a tokenizer.json");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [{"Sequence": {"id": "A", "type_id": 0}}] | pair holds text B 0 times, expected once
            [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}, \
            {"Sequence": {"id": "A", "type_id": 0}}] | pair holds text A 2 times, expected once
            [{"Sequence": {"id": "C", "type_id": 0}}] | pair[0].Sequence.id is "C", expected one of A, B
            [{"SpecialToken": {"id": "q", "type_id": 0}}] | pair[0].SpecialToken.id is 'q', expected a key of \
            special_tokens
            """)
    void a_template_of_tokens_around_two_texts_is_refused(String pair, String message) {
        String json = "{\"post_processor\": {\"type\": \"TemplateProcessing\", \"special_tokens\": {}, \"single\":"
                + " [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}], \"pair\": " + pair + "}, \"model\": {\"type\":"
                + " \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}}";
        assertThatThrownBy(() -> JsonTokenizer.parse("t.json", json, SpecialTokens.none()))
                .isInstanceOf(TokenizerException.class)
                .hasMessage("t.json: post_processor." + message);
    }

    @Test
    void the_steps_that_put_tokens_around_texts_say_where_and_of_which_type() {
        assertPair(TinyTokenizers.bpe(), new int[] {6, 2}, new int[] {0, 1});
        assertPair(TinyTokenizers.wordPiece(), new int[] {1, 3, 4, 2, 0, 2}, new int[] {0, 0, 0, 0, 1, 1});
        assertPair(TinyTokenizers.wordLevel(), new int[] {1, 4, 2, 2, 0, 2}, new int[] {0, 0, 0, 0, 0, 0});
    }

    private static void assertPair(String json, int[] ids, int[] types) {
        TokenPair pair =
                JsonTokenizer.parse("t.json", json, SpecialTokens.none()).pair("ab", "c");
        assertThat(pair.ids()).containsExactly(ids);
        assertThat(pair.types()).containsExactly(types);
    }
}
