package dev.gradine.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A table holds the rows that JSONL of the same data holds.
class TableRowTest {

    @TempDir
    private Path temp = Path.of("");

    private List<Row> table(String text) throws IOException {
        return DataSet.read(Files.writeString(temp.resolve("t.csv"), text)).rows();
    }

    private List<Row> lines(String text) throws IOException {
        return DataSet.read(Files.writeString(temp.resolve("t.jsonl"), text)).rows();
    }

    @Test
    void texts_are_texts_whatever_they_look_like() throws IOException {
        assertThat(table("prompt,completion\n1,true\n[1],\"[{\"\"a\"\": 2}]\"\n[,{\n\"\",null"))
                .isEqualTo(lines("""
                        {"prompt": "1", "completion": "true"}
                        {"prompt": "[1]", "completion": "[{\\"a\\": 2}]"}
                        {"prompt": "[", "completion": "{"}
                        {"prompt": "", "completion": "null"}
                        """));
        assertThat(table("instruction,input,output\n1,,2")).isEqualTo(lines("""
                {"instruction": "1", "input": "", "output": "2"}
                """));
    }

    @Test
    void conversations_are_the_json_of_one() throws IOException {
        String messages =
                "[{\"role\": \"user\", \"content\": \"a\\nb\"}, {\"role\": \"assistant\", \"content\": \"c\"}]";
        String tools = "[{\"type\": \"function\"}]";
        assertThat(table("messages,tools\n%s,%s\n%s,".formatted(quoted(messages), quoted(tools), quoted(messages))))
                .isEqualTo(lines("""
                        {"messages": %s, "tools": %s}
                        {"messages": %s, "tools": null}
                        """.formatted(messages, tools, messages)));
        assertThat(table("chosen,rejected\n%s,%s"
                        .formatted(quoted(messages), quoted(messages.replace("\"c\"", "\"d\"")))))
                .isEqualTo(lines(
                        "{\"chosen\": %s, \"rejected\": %s}".formatted(messages, messages.replace("\"c\"", "\"d\""))));
    }

    private static String quoted(String field) {
        return '"' + field.replace("\"", "\"\"") + '"';
    }

    @Test
    void a_label_is_a_truth_beside_a_completion_alone() throws IOException {
        assertThat(table("prompt,completion,label\na,b,true\na,b,False\na,b,1\na,b, 0"))
                .isEqualTo(lines("""
                {"prompt": "a", "completion": "b", "label": true}
                {"prompt": "a", "completion": "b", "label": false}
                {"prompt": "a", "completion": "b", "label": true}
                {"prompt": "a", "completion": "b", "label": false}
                """));
        assertThat(table("prompt,label\na,1")).isEqualTo(lines("{\"prompt\": \"a\", \"label\": \"1\"}"));
    }

    @Test
    void what_is_empty_beside_a_pair_is_absent() throws IOException {
        assertThat(table("prompt,chosen,rejected,margin,reference\na,b,c,1.5,d\na,b,c,,"))
                .isEqualTo(lines("""
                {"prompt": "a", "chosen": "b", "rejected": "c", "margin": 1.5, "reference": "d"}
                {"prompt": "a", "chosen": "b", "rejected": "c"}
                """));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            prompt,completion,label;a,b,maybe   | line 2: column label is "maybe", expected true or false (or 1 or 0)
            prompt,completion,label;a,b,        | line 2: column label is "", expected true or false (or 1 or 0)
            chosen,rejected,margin;a,b,c        | line 2: column margin is "c", expected a number
            chosen,rejected,margin;a,b,true     | line 2: column margin is "true", expected a number
            messages;"[{'role': 'user'}]"       | line 2: column messages is not JSON: Unexpected character ('''
            text,messages;"a;b",c               | line 2: column messages is not JSON: Unrecognized token 'c'
            input_ids;[1,2]                     | line 2: 2 fields, expected 1 (one a column)
            input_ids;"[1,x]"                   | line 2: column input_ids is not JSON: Unrecognized token 'x'
            messages;[]                         | line 2: field messages is empty, expected at least one message
            a,b;1,2                             | line 2: columns are [a, b], expected messages, conversations
            """)
    void a_text_that_does_not_mean_what_its_column_does_is_named(String text, String message) {
        assertThatThrownBy(() -> table(text.replace(';', '\n')))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith("t.csv: " + message);
    }

    @ParameterizedTest
    @CsvSource({"a.txt", "a.csv.zip", "answers.v2"})
    void a_name_of_no_kind_of_file_is_refused(String name) throws IOException {
        Path file = Files.writeString(temp.resolve(name), "{\"text\": \"a\"}");
        assertThatThrownBy(() -> DataSet.read(file))
                .hasMessage(name + ": is no file of rows by its name, expected .jsonl, .json, .csv or .parquet");
    }

    @ParameterizedTest
    @CsvSource({"a", "a.JSON", "a.ndjson", "b.c.jsonl", ".a"})
    void other_names_are_of_json(String name) throws IOException {
        assertThat(DataSet.read(Files.writeString(temp.resolve(name), "{\"text\": \"a\"}"))
                        .rows())
                .containsExactly(new Row.Text("a"));
    }
}
