package dev.gradine.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.chat.Message;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowFileTest {
    @TempDir
    private Path folder = Path.of("");

    private DataSet read(String... lines) throws IOException {
        Path file = folder.resolve("data.jsonl");
        Files.writeString(file, String.join("\n", lines) + "\n");
        return DataSet.read(file);
    }

    private static Passage turns(String... rolesAndContents) {
        List<Message> out = new ArrayList<>();
        for (int i = 0; i < rolesAndContents.length; i += 2) {
            out.add(new Message(rolesAndContents[i], rolesAndContents[i + 1]));
        }
        return new Passage.Turns(out);
    }

    private static Passage text(String s) {
        return new Passage.Text(s);
    }

    @Test
    void rows_are_recognised_by_their_columns() throws IOException {
        assertThat(read("{\"text\": \"a\"}", "", "{\"text\": \"b\"}").rows())
                .containsExactly(new Row.Text("a"), new Row.Text("b"));
        assertThat(read("{\"conversations\": [{\"from\": \"human\", \"value\": \"q\"}, {\"from\": \"gpt\","
                                + " \"value\": \"a\"}]}")
                        .rows())
                .containsExactly(
                        new Row.Chat(List.of(new Message("user", "q"), new Message("assistant", "a")), Map.of()));
        assertThat(read("{\"prompt\": \"q\", \"completion\": \"a\"}").rows())
                .containsExactly(new Row.Completion(text("q"), text("a"), Map.of()));
        assertThat(read("{\"instruction\": \"i\", \"input\": \"x\", \"output\": \"o\"}")
                        .rows())
                .containsExactly(new Row.Completion(turns("user", "i\n\nx"), turns("assistant", "o"), Map.of()));
        assertThat(read("{\"instruction\": \"i\", \"input\": \"\", \"output\": \"o\", \"chosen\": \"c\","
                                + " \"rejected\": \"r\"}")
                        .rows())
                .containsExactly(new Row.Preference(
                        turns("user", "i"), turns("assistant", "c"), turns("assistant", "r"), Map.of()));
        Row.Tokens tokens = (Row.Tokens)
                read("{\"input_ids\": [1, 2], \"labels\": [-100, 2]}").rows().getFirst();
        assertThat(tokens.labels()).containsExactly(-100, 2);
    }

    @Test
    void a_shared_start_is_the_prompt() throws IOException {
        assertThat(read("{\"chosen\": \"Sky? blue\", \"rejected\": \"Sky? green\"}")
                        .rows())
                .containsExactly(new Row.Preference(text("Sky?"), text(" blue"), text(" green"), Map.of()));
        assertThat(read("{\"chosen\": \"abc\", \"rejected\": \"ab\"}").rows())
                .containsExactly(new Row.Preference(text("a"), text("bc"), text("b"), Map.of()));
        assertThat(read("{\"chosen\": \"👋\", \"rejected\": \"👌\"}").rows())
                .containsExactly(new Row.Preference(text(""), text("👋"), text("👌"), Map.of()));
        String user = "{\"role\": \"user\", \"content\": \"q\"}";
        assertThat(read("{\"chosen\": [" + user + ", {\"role\": \"assistant\", \"content\": \"a\"}], \"rejected\": ["
                                + user + ", {\"role\": \"assistant\", \"content\": \"b\"}]}")
                        .rows())
                .containsExactly(new Row.Preference(
                        turns("user", "q"), turns("assistant", "a"), turns("assistant", "b"), Map.of()));
    }

    @Test
    void of_equal_conversations_the_last_turn_is_the_answer() throws IOException {
        String user = "{\"role\": \"user\", \"content\": \"q\"}";
        String answer = "{\"role\": \"assistant\", \"content\": \"a\"}";
        String both = "[" + user + ", " + answer + "]";
        assertThat(read("{\"chosen\": " + both + ", \"rejected\": " + both + "}")
                        .rows())
                .containsExactly(new Row.Preference(
                        turns("user", "q"), turns("assistant", "a"), turns("assistant", "a"), Map.of()));
        String longer = "[" + user + ", " + answer + ", " + user + "]";
        assertThat(read("{\"chosen\": " + both + ", \"rejected\": " + longer + "}")
                        .rows())
                .containsExactly(new Row.Preference(
                        turns("user", "q"), turns("assistant", "a"), turns("assistant", "a", "user", "q"), Map.of()));
    }

    @Test
    void a_message_without_content_is_read_beside_what_stands_for_it() throws IOException {
        Row row = read("{\"messages\": [{\"role\": \"assistant\", \"content\": null, \"thinking\": \"t\"}]}")
                .rows()
                .getFirst();
        assertThat(((Row.Chat) row).messages().getFirst().content()).isEmpty();
        assertThatThrownBy(() -> read(
                        "{\"messages\": [{\"role\": \"assistant\", \"content\": null, \"tool_calls\":" + " null}]}"))
                .hasMessage("data.jsonl: row 1: field messages[0].content is null, expected a string");
    }

    @Test
    void tools_and_documents_are_lists_or_their_json_text() throws IOException {
        String chat = "\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]";
        Row row = read("{" + chat + ", \"tools\": \"[{\\\"name\\\": \\\"f\\\"}]\", \"documents\": [{\"title\":"
                        + " \"t\"}]}")
                .rows()
                .getFirst();
        assertThat(((Row.Chat) row).variables())
                .isEqualTo(Map.of("tools", List.of(Map.of("name", "f")), "documents", List.of(Map.of("title", "t"))));
        assertThatThrownBy(() -> read("{" + chat + ", \"documents\": 5}"))
                .hasMessage(
                        "data.jsonl: row 1: field documents is a number, expected a list (or the JSON text of one)");
        assertThatThrownBy(() -> read("{" + chat + ", \"tools\": \"[\"}"))
                .hasMessageStartingWith("data.jsonl: row 1: field tools is a string that is not JSON: ");
    }

    @Test
    void a_transcript_becomes_a_conversation() throws IOException {
        String shared = "\\n\\nHuman: q1\\n\\nAssistant: a1\\n\\nHuman: q2\\n\\nAssistant:";
        assertThat(read("{\"chosen\": \"" + shared + " good\", \"rejected\": \"" + shared + " bad\"}")
                        .rows())
                .containsExactly(new Row.Preference(
                        turns("user", "q1", "assistant", "a1", "user", "q2"),
                        turns("assistant", "good"),
                        turns("assistant", "bad"),
                        Map.of()));
    }

    @Test
    void arrays_and_packed_files_are_known_by_their_first_bytes() throws IOException {
        Path array = folder.resolve("stories.json");
        Files.writeString(array, "\uFEFF [\"a\", \"b\"]");
        assertThat(DataSet.read(array).rows()).containsExactly(new Row.Text("a"), new Row.Text("b"));
        Path packed = folder.resolve("rows.jsonl");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write("{\"text\": \"ü\"}\r\n{\"text\": \"c\"}".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(DataSet.read(packed).rows()).containsExactly(new Row.Text("ü"), new Row.Text("c"));
        byte[] bytes = Files.readAllBytes(packed);
        Files.write(packed, Arrays.copyOf(bytes, bytes.length - 12));
        assertThatThrownBy(() -> DataSet.read(packed)).hasMessage("rows.jsonl: is not a whole gzip file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '\0',
            value = {
                "{'prompt': 'p', 'chosen': 5, 'rejected': 'r'}"
                        + "¦field chosen is a number, expected a string or a list of messages",
                "{'prompt': 'p', 'chosen': 'c'}¦columns are [prompt, chosen], expected messages, conversations, text, "
                        + "text + text_pair, "
                        + "prompt, prompt + completion, instruction + output, chosen + rejected or input_ids",
                "{'prompt': 'p', 'chosen': 'c', 'rejected': [{'role': 'assistant', 'content': 'x'}]}"
                        + "¦field rejected is a list of messages, expected a string (as field prompt is)",
                "{'text': null}¦field text is null, expected a string",
                "{'text': true}¦field text is a boolean, expected a string",
                "{'messages': []}¦field messages is empty, expected at least one message",
                "{'messages': {}}¦field messages is an object, expected a list of messages",
                "{'messages': ['x']}¦field messages[0] is a string, expected a message with role and content",
                "{'messages': [{'role': 'user'}]}¦field messages[0].content is missing, expected a string",
                "{'messages': [{'content': 'x'}]}¦field messages[0].role is missing, expected a string",
                "{'messages': [{'role': 'user', 'content': 7}]}¦field messages[0].content is a "
                        + "number, expected a string",
                "{'prompt': 'p', 'completion': 'c', 'label': 1}¦field label is a number, expected true or false",
                "{'input_ids': [1, 'x']}¦field input_ids[1] is a string, expected an integer",
                "{'input_ids': [1.5]}¦field input_ids[0] is a number, expected an integer",
                "{'input_ids': [-1]}¦field input_ids[0] is -1, expected a token id >= 0",
                "{'input_ids': []}¦field input_ids is empty, expected at least one token",
                "{'input_ids': [1], 'labels': []}¦labels has 0 entries, expected 1 (as many as input_ids)",
                "{'chosen': '', 'rejected': 'r'}¦field chosen is empty, expected text",
                "{'chosen': 5, 'rejected': 'r'}¦field chosen is a number, expected a string or a list of messages",
                "5¦value is a number, expected an object",
                "{'text': 'a', 'text': 'b'}¦is not JSON: Duplicate Object property \"text\"",
            })
    void a_bad_row_is_named(String row, String message) {
        assertThatThrownBy(() -> read(row.replace('\'', '"')))
                .isInstanceOf(DataException.class)
                .hasMessage("data.jsonl: row 1: " + message);
    }

    @Test
    void later_rows_have_the_first_rows_columns() {
        assertThatThrownBy(() -> read("{\"text\": \"a\"}", "{\"text\": \"b\"}", "{\"messages\": []}"))
                .hasMessage("data.jsonl: row 3: field text is missing, expected text (as in the first row)");
        assertThatThrownBy(() -> read("\"a\"", "{\"text\": \"b\"}"))
                .hasMessage("data.jsonl: row 2: value is an object, expected a string (as the first row is)");
        assertThatThrownBy(() -> read("{\"text\": \"a\"}", "{\"text\": "))
                .hasMessageStartingWith("data.jsonl: row 2: is not JSON: ");
    }

    @Test
    void empty_and_unclosed_files_are_refused() throws IOException {
        assertThatThrownBy(() -> read("")).hasMessage("data.jsonl: has no rows, expected at least one");
        assertThatThrownBy(() -> read("[]")).hasMessage("data.jsonl: has no rows, expected at least one");
        assertThatThrownBy(() -> read("[\"a\"")).hasMessageStartingWith("data.jsonl: ");
        assertThatThrownBy(() -> read("[\"a\"] x")).hasMessageStartingWith("data.jsonl: ");
        assertThatThrownBy(() -> DataSet.read(folder.resolve("none"))).hasMessageEndingWith("none: does not exist");
        Files.write(folder.resolve("latin.jsonl"), new byte[] {'"', (byte) 0xE9, '"'});
        assertThatThrownBy(() -> DataSet.read(folder.resolve("latin.jsonl")))
                .hasMessage("latin.jsonl: row 1: line is not UTF-8");
    }

    @Test
    void a_split_is_disjoint_complete_and_the_same_for_the_same_seed() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 100; i++) rows.add(new Row.Text("t" + i));
        DataSet data = DataSet.of("d", rows);
        var a = data.split(0.1, 7);
        assertThat(a.eval().size()).isEqualTo(10);
        assertThat(a).isEqualTo(data.split(0.1, 7)).isNotEqualTo(data.split(0.1, 8));
        List<Row> all = new ArrayList<>(a.train().rows());
        all.addAll(a.eval().rows());
        assertThat(all).containsExactlyInAnyOrderElementsOf(rows);
        assertThatThrownBy(() -> data.split(1, 7)).hasMessage("d: eval fraction is 1.0, expected above 0 and below 1");
    }

    @Test
    void the_real_preference_sets_are_read() throws IOException {
        Path hh = Golden.shared("assets/data/preference/hh-rlhf/helpful-base.test.jsonl.gz");
        assertThat(DataSet.read(hh).rows())
                .hasSize(2354)
                .allMatch(r -> r instanceof Row.Preference p
                        && p.prompt() instanceof Passage.Turns t
                        && t.messages().getLast().role().equals("user"));
        Path pairs = Golden.shared("assets/data/preference/instruction-data-with-preference.json");
        assertThat(DataSet.read(pairs).rows()).hasSize(1100).allMatch(r -> r instanceof Row.Preference);
        assertThat(DataSet.read(Golden.shared("assets/data/lm/tinystories_1000.json"))
                        .rows())
                .hasSize(1000);
    }

    @Test
    void a_label_makes_an_answer_a_judged_one_and_comes_with_every_row_or_none() throws IOException {
        String good = "{\"prompt\": \"p\", \"completion\": \"c\", \"label\": false}";
        assertThat(read(good).rows())
                .containsExactly(new Row.Judged(new Passage.Text("p"), new Passage.Text("c"), false, Map.of()));
        String plain = "{\"prompt\": \"p\", \"completion\": \"c\"}";
        assertThatThrownBy(() -> read(plain, good))
                .hasMessageEndingWith(
                        "row 2: field label is there, expected prompt + completion alone (as in the first row)");
        assertThatThrownBy(() -> read(good, plain))
                .hasMessageEndingWith(
                        "row 2: field label is missing, expected prompt + completion + label (as in the first row)");
    }
}
