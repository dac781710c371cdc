package dev.gradine.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Oracle: the JSONL that Python wrote of the rows of which pyarrow wrote the Parquet files (`make_parquet.py`).
class ParquetRowsTest {

    private static final Path FILES = Golden.repository().resolve("data/src/test/resources/parquet");

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "chats,none",
        "chats,snappy",
        "chats,zstd",
        "chats,gzip",
        "pairs,none",
        "pairs,snappy",
        "pairs,zstd",
        "pairs,gzip",
        "turns,snappy",
        "judged,snappy",
        "tokens,snappy",
        "rated,snappy",
        "questions,snappy"
    })
    void rows_are_those_of_jsonl_of_the_same_data(String set, String codec) throws IOException {
        Path file = FILES.resolve("rows-%s-%s.parquet".formatted(set, codec));
        DataSet lines = DataSet.read(FILES.resolve("rows-" + set + ".jsonl"));
        assertSame(DataSet.read(file), lines);
        DataSet large = DataSet.read(file, 0);
        assertThat(large.isLarge()).isTrue();
        assertSame(large, lines);
    }

    private static void assertSame(DataSet is, DataSet expected) {
        assertThat(List.copyOf(is.rows())).usingRecursiveComparison().isEqualTo(List.copyOf(expected.rows()));
    }

    @Test
    void columns_are_values_of_json() throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        RowFile.values(FILES.resolve("rows-questions-snappy.parquet"), rows::add);
        assertThat(rows.get(2)).isEqualTo(JsonRows.value("""
                {"prompt": "p2", "answer": 2, "tags": ["x", "x"], "ratio": 0.2}
                """));
        assertThat(rows.get(4).path("tags").isNull()).isTrue();
        assertThat(rows.get(3).path("tags").isEmpty()).isTrue();
    }

    private byte[] whole() throws IOException {
        return Files.readAllBytes(FILES.resolve("rows-pairs-snappy.parquet"));
    }

    private void refused(byte[] bytes, String message) throws IOException {
        Path file = Files.write(temp.resolve("a.parquet"), bytes);
        assertThatThrownBy(() -> DataSet.read(file))
                .isInstanceOf(DataException.class)
                .hasMessage("a.parquet: " + message);
    }

    @Test
    void a_file_that_is_not_whole_or_another_is_refused() throws IOException {
        byte[] whole = whole();
        refused(new byte[0], "is no Parquet file that can be read: begins otherwise");
        refused(
                "text\na\nb\n".repeat(3).getBytes(StandardCharsets.UTF_8),
                "is no Parquet file that can be read: begins otherwise");
        refused(
                Arrays.copyOf(whole, whole.length - 1),
                "is no Parquet file that can be read: does not end as one does: it is not whole, or encrypted");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, -1, 0, 1 << 20})
    void a_footer_of_another_length_is_refused(int length) throws IOException {
        byte[] bytes = whole();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 8, length);
        refused(bytes, "is no Parquet file that can be read: has no footer of that length");
    }

    @Test
    void a_codec_that_is_not_read_is_named() throws IOException {
        refused(
                Files.readAllBytes(FILES.resolve("rows-judged-lz4.parquet")),
                "is no Parquet file that can be read: is packed with lz4_raw, expected one of none,"
                        + " snappy, gzip, zstd");
    }

    @Test
    void pages_that_are_damaged_are_refused() throws IOException {
        byte[] bytes = whole();
        Arrays.fill(bytes, 30, 60, (byte) 0xFF);
        Path file = Files.write(temp.resolve("a.parquet"), bytes);
        assertThatThrownBy(() -> DataSet.read(file))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith("a.parquet: ");
    }
}
