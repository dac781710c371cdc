package dev.gradine.data.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.DataSet;
import dev.gradine.data.Label;
import dev.gradine.data.Row;
import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.token.FolderTokenizer;
import dev.gradine.data.token.SpecialTokens;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Rows of two texts: which columns they have, and what is made of them.
class TextPairsTest {

    private static final Row.TextPair ROW = new Row.TextPair("so good", "not bad", List.of(new Label.Named("yes")));

    @TempDir
    private Path temp = Path.of("");

    private final TextCodec codec = codec();

    private static TextCodec codec() {
        try {
            var tokenizer = FolderTokenizer.read(Golden.golden("classify-steps/bert"), SpecialTokens.none());
            return new TextCodec(tokenizer, ChatTemplate.absent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Row> rows(String name, String text) throws IOException {
        return DataSet.read(Files.writeString(temp.resolve(name), text)).rows();
    }

    @ParameterizedTest
    @ValueSource(strings = {"text,text_pair", "sentence1,sentence2", "premise,hypothesis"})
    void columns_tell_that_there_are_two(String columns) throws IOException {
        String[] names = columns.split(",", -1);
        assertThat(rows("a.csv", columns + ",idx,label\nso good,not bad,1,yes\n"))
                .containsExactly(ROW);
        String json = "{\"%s\": \"so good\", \"%s\": \"not bad\", \"label\": \"yes\"}\n".formatted(names[0], names[1]);
        assertThat(rows("a.jsonl", json)).containsExactly(ROW);
        assertThat(rows("n.csv", columns + ",label\na,b,2\n"))
                .containsExactly(new Row.TextPair("a", "b", List.of(new Label.Numbered(2))));
        Path half = Files.writeString(
                temp.resolve("b.jsonl"), json + "{\"%s\": \"a\", \"label\": 1}\n".formatted(names[0]));
        assertThatThrownBy(() -> DataSet.read(half))
                .hasMessage("b.jsonl: row 2: field %s is missing, expected %s + %s (as in the first row)"
                        .formatted(names[1], names[0], names[1]));
    }

    @Test
    void a_second_text_that_is_null_is_none() throws IOException {
        assertThat(rows("a.jsonl", "{\"text\": \"a\", \"text_pair\": null, \"label\": \"yes\"}"))
                .containsExactly(new Row.Text("a", List.of(new Label.Named("yes"))));
    }

    @Test
    void what_is_cut_is_counted() {
        var longer = new Row.TextPair("so so so so so", "bad", List.of(new Label.Numbered(0)));
        Encoded<LabelledText> all =
                new LabelledTextEncoder(codec, 7).encode(DataSet.of("d", List.of(ROW, longer, longer)));
        assertThat(all.counts().rows()).isEqualTo(3);
        assertThat(all.counts().cut()).isEqualTo(new RowCounts.Cut(2, 4, 2));
        assertThat(all.counts().longest()).isEqualTo(new RowCounts.Longest(9, 2));
        LabelledTokens cut = all.examples().get(1).text();
        assertThat(cut.ids()).containsExactly(256, 62, 62, 62, 258, 54, 258);
        assertThat(cut.types()).containsExactly(0, 0, 0, 0, 0, 1, 1);
        assertThat(cut.promptTokens()).isEqualTo(6);
    }

    @Test
    void one_without_room_is_left_out_and_one_without_label_refused() {
        assertThat(new LabelledTextEncoder(codec, 3).make(ROW).examples()).isEmpty();
        var bare = new Row.TextPair("a", "b", List.of());
        assertThatThrownBy(() -> new LabelledTextEncoder(codec, 9).make(bare))
                .hasMessage("row has no text with a label, expected text + label (a name or a number)");
        assertThatThrownBy(() -> new SftEncoder(codec, LossMask.AUTO, 9).encode(ROW))
                .hasMessage(
                        "row is a pair of texts, expected one text, a conversation or a prompt with its completion");
    }

    @Test
    void types_are_as_many_as_tokens_and_part_of_what_is_equal() {
        LabelledTokens plain = RewardEncoder.last(new int[] {1, 2});
        assertThat(plain.types()).containsExactly(0, 0);
        assertThat(plain.typed(new int[] {0, 0})).isEqualTo(plain);
        assertThat(plain.typed(new int[] {0, 1})).isNotEqualTo(plain);
        assertThat(plain.typed(new int[] {0, 1}).fading(1, 0).types()).containsExactly(0, 1);
        assertThatThrownBy(() -> plain.typed(new int[1])).hasMessage("labelled: 1 types, expected 2 (one a token)");
    }
}
