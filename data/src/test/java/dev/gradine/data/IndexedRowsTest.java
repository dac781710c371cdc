package dev.gradine.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    void what_is_no_file_of_lines_is_read_into_memory() throws IOException {
        assertThat(DataSet.read(file("[\"a\", \"b\"]"), 0).isLarge()).isFalse();
        assertThat(DataSet.read(file("{\n\"text\": \"a\"}"), 0).isLarge()).isFalse();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write("\"a\"\n".getBytes(StandardCharsets.UTF_8));
        }
        Path gz = Files.write(temp.resolve("rows.gz"), packed.toByteArray());
        assertThat(DataSet.read(gz, 0).isLarge()).isFalse();
    }

    @Test
    void a_file_that_changes_while_it_is_in_use_is_refused() throws IOException {
        Path file = file("\"a\"\n\"b\"\n");
        List<Row> rows = DataSet.read(file, 0).rows();
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        assertThatThrownBy(() -> rows.get(0)).hasMessage("rows.jsonl: has changed while it was in use");
    }
}
