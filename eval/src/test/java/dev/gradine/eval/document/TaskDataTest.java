package dev.gradine.eval.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.jinja.None;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Documents are found in the user's folders and read in each format.
class TaskDataTest {

    @TempDir
    private Path temp = Path.of("");

    private List<Document> read(TaskData.Format format, String name) {
        return new TaskData("t", format, Map.of("test", List.of(name)), "test")
                .documents("test", new DataFolders(List.of(temp)));
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(temp.resolve(name).getParent());
        Files.writeString(temp.resolve(name), text);
    }

    @Test
    void json_keeps_columns_in_order_and_null_is_none() throws IOException {
        write("a.jsonl", "{\"z\": 1, \"a\": null, \"l\": [1.5, \"x\"]}\n\"a text\"\n");
        List<Document> docs = read(TaskData.Format.JSON, "a.jsonl");
        assertThat(docs.getFirst().fields().keySet()).containsExactly("z", "a", "l");
        assertThat(docs.getFirst().fields()).containsEntry("a", None.NONE).containsEntry("l", List.of(1.5, "x"));
        assertThat(docs.getFirst().json()).containsEntry("a", null);
        assertThat(docs.get(1)).isEqualTo(new Document(1, Map.of("text", "a text")));
    }

    @Test
    void a_table_and_texts_are_read() throws IOException {
        write("a.csv", "q,a b\n\"x, \"\"y\"\"\nz\",1\n");
        assertThat(read(TaskData.Format.CSV, "a.csv"))
                .containsExactly(new Document(0, Map.of("q", "x, \"y\"\nz", "a b", "1")));
        write("a.txt", "one\ntwo\n");
        assertThat(read(TaskData.Format.TEXT, "a.txt")).containsExactly(new Document(0, Map.of("text", "one\ntwo\n")));
        assertThat(read(TaskData.Format.LINES, "a.txt")).hasSize(2);
    }

    @Test
    void a_file_is_found_below_a_folder_by_the_end_of_its_path() throws IOException {
        write("deep/gsm8k/test.jsonl", "{\"a\": 1}\n");
        write("deep/other/test.jsonl", "{\"a\": 2}\n");
        assertThat(read(TaskData.Format.JSON, "gsm8k/test.jsonl").getFirst().fields())
                .containsEntry("a", 1);
        assertThatThrownBy(() -> read(TaskData.Format.JSON, "test.jsonl"))
                .hasMessage("task t: test.jsonl is there twice: %s and %s"
                        .formatted(temp.resolve("deep/gsm8k/test.jsonl"), temp.resolve("deep/other/test.jsonl")));
    }

    @Test
    void a_file_that_is_missing_is_named() {
        assertThatThrownBy(() -> read(TaskData.Format.JSON, "no.jsonl"))
                .hasMessage("task t: needs the file no.jsonl: it is not in " + temp + " (--data-dir DIR)");
        assertThatThrownBy(() -> new TaskData("t", TaskData.Format.JSON, Map.of("test", List.of("a")), "test")
                        .documents("test", new DataFolders(List.of())))
                .hasMessage("task t: needs the file a: give the folder it lies in (--data-dir DIR)");
        assertThatThrownBy(() -> new TaskData("t", TaskData.Format.JSON, Map.of("test", List.of("a")), "test")
                        .documents("train", new DataFolders(List.of())))
                .hasMessage("task t: data_files has no split train, expected one of test");
    }

    @Test
    void a_field_is_a_column_a_template_or_itself() {
        Document doc = new Document(3, Map.of("q", "why?", "Best Answer", "so", "list", Arrays.asList("a", "b")));
        assertThat(Field.of("f", "q").text(doc)).isEqualTo("why?");
        assertThat(Field.of("f", "{{doc['Best Answer'] ~ q}}\n").text(doc)).isEqualTo("sowhy?\n");
        assertThat(Field.of("f", "list").texts(doc)).containsExactly("a", "b");
        assertThat(Field.of("f", "{{[q, 'it''s']}}").texts(doc)).containsExactly("why?", "its");
        assertThat(Field.of("f", 1).targets(doc, true)).containsExactly(1);
        assertThat(Field.of("f", "{{1}}").targets(doc, true)).containsExactly(1);
        assertThat(Field.of("f", "{{1}}").targets(doc, false)).containsExactly("1");
        assertThatThrownBy(() -> Field.of("task t: doc_to_text", "{{queston}}").text(doc))
                .hasMessage("task t: doc_to_text: line 1: 'queston' is undefined");
        assertThatThrownBy(() -> Field.of("f", "list").text(doc)).hasMessage("f: document 3: [a, b], expected a text");
        assertThatThrownBy(() -> Field.of("f", "q").texts(doc))
                .hasMessage("f: document 3: why?, expected a list of choices");
    }
}
