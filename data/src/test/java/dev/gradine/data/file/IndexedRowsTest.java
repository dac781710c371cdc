package dev.gradine.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Oracle: the same file read into memory.
class IndexedRowsTest {

    @TempDir
    private Path temp = Path.of("");

    private Path file(String text) throws IOException {
        return Files.writeString(temp.resolve("rows.jsonl"), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"text\":\"a\"}\n{\"text\":\"b\"}\n",
                "{\"text\":\"a\"}\n{\"text\":\"b\"}",
                "\ufeff{\"text\":\"a\"}\r\n\r\n  \n{\"text\":\"𝄞 é\"}\r\n\n",
                "\n\n\"a\"\n\"b\"\n"
            })
    void rows_are_those_that_are_read_into_memory(String text) throws IOException {
        Path file = file(text);
        DataSet large = DataSet.read(file, 0);
        DataSet held = DataSet.read(file, Long.MAX_VALUE);
        assertThat(large.isLarge()).isTrue();
        assertThat(held.isLarge()).isFalse();
        assertThat(large).isEqualTo(held);
        assertThat(large.rows().get(1)).isEqualTo(held.rows().get(1));
    }

    @Test
    void many_rows_of_many_lengths_keep_their_places() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3000; i++)
            text.append("{\"text\":\"").append("é".repeat(i % 97)).append(i).append("\"}\n");
        Path file = file(text.toString());
        DataSet large = DataSet.read(file, 0);
        DataSet held = DataSet.read(file, Long.MAX_VALUE);
        assertThat(large.rows()).isEqualTo(held.rows());
        assertThat(large.split(0.25, 7)).isEqualTo(held.split(0.25, 7));
        assertThat(large.split(0.25, 7).train().isLarge()).isTrue();
        assertThat(large.first(10)).isEqualTo(held.first(10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"text\":\"a\"}\n{\"text\":1}\n",
                "{\"text\":\"a\"}\n{\"text\":\n",
                "{\"text\":\"a\"}\n\n{\"prompt\":\"b\"}\n",
                "\n \n"
            })
    void a_row_that_cannot_be_used_is_told_at_once_in_the_same_words(String text) throws IOException {
        Path file = file(text);
        String message = "";
        try {
            DataSet.read(file, Long.MAX_VALUE);
        } catch (DataException e) {
            message = String.valueOf(e.getMessage());
        }
        assertThat(message).startsWith("rows.jsonl: ");
        assertThatThrownBy(() -> DataSet.read(file, 0))
                .isInstanceOf(DataException.class)
                .hasMessage(message);
    }

    @Test
    void rows_that_do_not_stand_on_lines_are_copied() throws IOException {
        for (String text : List.of("[\"a\", \"\\ud800 é\"]", "{\n\"text\": \"a\"}{\n\"text\": \"𝄞\"}")) {
            Path file = file(text);
            DataSet large = DataSet.read(file, 0);
            assertThat(large.isLarge()).isTrue();
            assertThat(large).isEqualTo(DataSet.read(file, Long.MAX_VALUE));
            Files.delete(file);
            assertThat(large.rows().get(1)).isInstanceOf(Row.Text.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"rows.gz,'\"a\"\n\"b\"'", "rows.csv.gz,'text\na\nb'"})
    void packed_rows_are_copied_unpacked(String name, String text) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        Path gz = Files.write(temp.resolve(name), packed.toByteArray());
        assertThat(DataSet.read(gz, 0).isLarge()).isTrue();
        assertThat(DataSet.read(gz, 0).rows()).containsExactly(new Row.Text("a"), new Row.Text("b"));
        assertThat(DataSet.read(gz, Long.MAX_VALUE).rows()).containsExactly(new Row.Text("a"), new Row.Text("b"));
    }

    @Test
    void a_file_that_changes_while_it_is_in_use_is_refused() throws IOException {
        Path file = file("\"a\"\n\"b\"\n");
        List<Row> rows = DataSet.read(file, 0).rows();
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        assertThatThrownBy(() -> rows.get(0)).hasMessage("rows.jsonl: has changed while it was in use");
    }
}
