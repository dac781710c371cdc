package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {

    record Lora(int r, double alpha) {}

    record Runs(List<Lora> runs) {}

    @TempDir
    Path folder;

    @Test
    void text_is_what_python_writes_with_indent_2_and_sorted_keys() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("z", List.of("q_proj", "v_proj"));
        value.put("a", Map.of("y", 1, "x", true));
        value.put("empty", List.of());
        value.put("none", Map.of());
        value.put("text", "a\"ü/");
        assertThat(Json.text(value)).isEqualTo("""
                        {
                          "a": {
                            "x": true,
                            "y": 1
                          },
                          "empty": [],
                          "none": {},
                          "text": "a\\"ü/",
                          "z": [
                            "q_proj",
                            "v_proj"
                          ]
                        }""".stripIndent());
        assertThat(Json.line(value))
                .startsWith("{\"z\":[\"q_proj\",\"v_proj\"],\"a\":{")
                .doesNotContain("\n");
    }

    @Test
    void what_is_written_is_read_back() {
        Path file = folder.resolve("a.json");
        Map<String, Object> value = Map.of("i", 1, "l", 1L << 40, "d", 1e-5, "s", "x", "b", false, "n", List.of(1, 2));
        Json.write(file, value);
        assertThat(Json.readObject(file)).isEqualTo(value);
        assertThat(Json.parseObject("here", " \n{\"a\":null}".getBytes(StandardCharsets.UTF_8)))
                .containsEntry("a", null);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"a":1,"a":2} | line 1, column 11: Duplicate Object property "a"
                    {"a":1} {} | line 1, column 9: text after the end, expected one value
                    [1] | line 1: expected a JSON object, { ... }
                    {"a":tru} | line 1, column 6: Unrecognized token 'tru'
                    {"a":NaN} | line 1, column 9: Non-standard token 'NaN'
                    {"a":1 | line 1, column 7: Unexpected end-of-input: expected close marker for Object
                    {"a":[1} | line 1, column 8: Unexpected close marker '}': expected ']'
                    """)
    void what_is_not_one_object_is_refused(String text, String message) {
        assertThatThrownBy(() -> Json.parseObject("a.json", text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith("a.json: " + message)
                .hasMessageNotContaining("\n")
                .hasMessageNotContaining("REDACTED")
                .hasMessageNotContaining("Json");
    }

    @Test
    void a_key_nobody_knows_is_refused_with_those_we_do() {
        Path file = Bytes.write(folder.resolve("a.json"), "{\n  \"rnak\": 8}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> Json.read(file, Lora.class))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": unknown key \"rnak\", expected one of [r, alpha]");
        Path deep = Bytes.write(
                folder.resolve("c.json"), "{\"runs\":[{\"r\":1,\"alpah\":2}]}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> Json.read(deep, Runs.class))
                .hasMessage(deep + ": unknown key \"runs[0].alpah\", expected one of [r, alpha]");
        Path good = Bytes.write(folder.resolve("b.json"), "{\"r\":8,\"alpha\":16}".getBytes(StandardCharsets.UTF_8));
        assertThat(Json.read(good, Lora.class)).isEqualTo(new Lora(8, 16));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"r":"x","alpha":1} | r cannot be read, expected a whole number
                    {"r":1,"alpha":[2]} | alpha cannot be read, expected a number
                    {"r":null,"alpha":2} | r cannot be read, expected a whole number
                    [] | a value cannot be read, expected an object, { ... }
                    3 | a value cannot be read, expected an object, { ... }
                    """)
    void a_value_of_another_kind_is_named_without_javas_types(String text, String message) {
        assertThatThrownBy(() -> Json.parse("a.json", text.getBytes(StandardCharsets.UTF_8), Lora.class))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith(": " + message);
    }

    @Test
    void a_document_without_end_or_bottom_is_one_line() {
        byte[] deep = "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Json.parse("a.json", deep, List.class))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith("a.json: Document nesting depth (101) exceeds the maximum")
                .hasMessageNotContaining("Stream");
        assertThatThrownBy(() -> Json.parseObject("a.json", new byte[0]))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith("is empty, expected JSON");
    }

    @Test
    void a_file_that_is_not_there_is_named() {
        Path file = folder.resolve("config.json");
        assertThatThrownBy(() -> Json.readObject(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": cannot be read: no such file or folder");
        assertThatThrownBy(() -> Json.readObject(folder)).hasMessage(folder + ": is a folder, expected a JSON file");
    }
}
