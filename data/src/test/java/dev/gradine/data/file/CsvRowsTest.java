package dev.gradine.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Tables are read by RFC 4180, and a fault is told with its line.
class CsvRowsTest {

    @TempDir
    private Path temp = Path.of("");

    private List<JsonNode> read(String text) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        RowFile.values(Files.writeString(temp.resolve("t.csv"), text), rows::add);
        return rows;
    }

    private static JsonNode json(String text) {
        return JsonRows.value(text.replace('\'', '"'));
    }

    @Test
    void quotes_hold_commas_line_ends_and_quotes() throws IOException {
        assertThat(read("\uFEFFa,b\r\n\"x, \"\"y\"\"\nz\",\r\n\r\n1,\"\"\n"))
                .containsExactly(json("{'a': 'x, \\'y\\'\\nz', 'b': ''}"), json("{'a': '1', 'b': ''}"));
    }

    @Test
    void a_quote_within_a_field_is_a_letter() throws IOException {
        assertThat(read("a,b\nx\"y\"\"z,\"\"\"\"\n\" \"\"\",u\"\n"))
                .containsExactly(json("{'a': 'x\\'y\\'\\'z', 'b': '\\''}"), json("{'a': ' \\'', 'b': 'u\\''}"));
    }

    @Test
    void columns_keep_their_order() throws IOException {
        assertThat(read("z,y,x\n1,2,3").getFirst().propertyNames()).containsExactly("z", "y", "x");
    }

    @Test
    void rows_are_those_that_were_written_in_order_and_by_number() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        List<List<String>> written = Stream.generate(() -> List.of(text(random), text(random)))
                .limit(5000)
                .toList();
        String table = written.stream()
                .map(row -> row.stream()
                        .map(f -> '"' + f.replace("\"", "\"\"") + '"')
                        .collect(Collectors.joining(",")))
                .collect(Collectors.joining("\r\n", "p,q\r\n", ""));
        assertThat(read(table).stream().map(CsvRowsTest::fields)).isEqualTo(written);
        List<JsonNode> byNumber = RowFile.byNumber(temp.resolve("t.csv"), row -> row);
        assertThat(byNumber.stream().map(CsvRowsTest::fields)).isEqualTo(written);
        assertThat(fields(byNumber.get(4711))).isEqualTo(written.get(4711));
    }

    private static List<String> fields(JsonNode row) {
        return row.valueStream().map(JsonNode::asString).toList();
    }

    private static String text(SplittableRandom random) {
        String letters = "a\",\r\n é𝄞";
        return random.ints(random.nextInt(30), 0, letters.codePointCount(0, letters.length()))
                .mapToObj(i -> Character.toString(letters.codePoints().toArray()[i]))
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a,b;1;        | line 2: 1 fields, expected 2 (one a column)
            a;"x;y";1,2;  | line 4: 2 fields, expected 1 (one a column)
            a;"x          | line 2: a quote is not closed
            a;"x"y        | line 2: text behind a closing quote, expected a comma
            a,a;1,2       | line 1: names column "a" twice
            a;x!y         | line 2: text behind a carriage return, expected a line feed
            a;            | has no rows, expected at least one
            """)
    void a_fault_is_told_with_its_line(String text, String message) {
        assertThatThrownBy(() -> read(text.replace(';', '\n').replace('!', '\r')))
                .isInstanceOf(DataException.class)
                .hasMessage("t.csv: " + message);
    }
}
