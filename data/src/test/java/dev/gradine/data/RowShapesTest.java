package dev.gradine.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.chat.Message;
import dev.gradine.data.jinja.None;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The shapes of rows that are in use: ShareGPT's, Alpaca's, LLaMA-Factory's and TRL's, and the files they come in.
class RowShapesTest {
    @TempDir
    private Path folder = Path.of("");

    private List<Row> read(String text) throws IOException {
        Path file = folder.resolve("data.json");
        Files.writeString(file, text.replace('\'', '"'));
        return DataSet.read(file).rows();
    }

    private static List<Message> turns(String... rolesAndContents) {
        List<Message> out = new ArrayList<>();
        for (int i = 0; i < rolesAndContents.length; i += 2) {
            out.add(new Message(rolesAndContents[i], rolesAndContents[i + 1]));
        }
        return out;
    }

    private static Passage passage(String... rolesAndContents) {
        return new Passage.Turns(turns(rolesAndContents));
    }

    @Test
    void speakers_of_sharegpt_are_roles() throws IOException {
        assertThat(read("{'conversations': [{'from': 'system', 'value': 's'}, {'from': 'human', 'value': 'q'},"
                        + " {'from': 'gpt', 'value': 'a'}, {'from': 'observation', 'value': 'o'},"
                        + " {'from': 'user', 'value': 'r'}, {'from': 'assistant', 'value': 'b'},"
                        + " {'from': 'critic', 'value': 'c'}, {'role': 'user', 'value': 'v'}]}"))
                .containsExactly(new Row.Chat(
                        turns(
                                "system",
                                "s",
                                "user",
                                "q",
                                "assistant",
                                "a",
                                "tool",
                                "o",
                                "user",
                                "r",
                                "assistant",
                                "b",
                                "critic",
                                "c",
                                "user",
                                "v"),
                        Map.of()));
    }

    @Test
    void a_function_call_of_sharegpt_is_a_tool_call() throws IOException {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", "f");
        function.put("arguments", Map.of("x", 1L));
        Map<String, Object> call = Map.of("type", "function", "function", function);
        Row row = read("{\"conversations\": [{\"from\": \"function_call\", \"value\": \"{\\\"name\\\": \\\"f\\\","
                        + " \\\"arguments\\\": {\\\"x\\\": 1}}\"}]}")
                .getFirst();
        assertThat(((Row.Chat) row).messages())
                .containsExactly(
                        new Message("assistant", "", Map.of("content", None.NONE, "tool_calls", List.of(call))));
        assertThat(read("{'conversations': [{'from': 'function_call', 'value': 'no JSON'}]}"))
                .containsExactly(new Row.Chat(turns("assistant", "no JSON"), Map.of()));
    }

    @Test
    void system_and_history_stand_before_the_instruction() throws IOException {
        assertThat(read("{'instruction': 'i', 'input': '', 'output': 'o', 'system': 's',"
                        + " 'history': [['q1', 'a1'], ['q2', 'a2']]}"))
                .containsExactly(new Row.Completion(
                        passage(
                                "system",
                                "s",
                                "user",
                                "q1",
                                "assistant",
                                "a1",
                                "user",
                                "q2",
                                "assistant",
                                "a2",
                                "user",
                                "i"),
                        passage("assistant", "o"),
                        Map.of()));
        assertThat(read("{'instruction': 'i', 'input': null, 'output': 'o', 'system': null, 'history': null}"))
                .containsExactly(new Row.Completion(passage("user", "i"), passage("assistant", "o"), Map.of()));
        assertThatThrownBy(() -> read("{'instruction': 'i', 'output': 'o', 'history': [['q', 'a'], ['q']]}"))
                .hasMessage("data.json: row 1: field history[1] is another list, expected a pair of strings");
        assertThatThrownBy(() -> read("{'instruction': 'i', 'output': 'o', 'history': 'h'}"))
                .hasMessage("data.json: row 1: field history is a string, expected a list of pairs of strings");
    }

    @Test
    void a_system_column_begins_a_conversation_that_has_no_system_message() throws IOException {
        String user = "{'from': 'human', 'value': 'q'}";
        assertThat(read("{'conversations': [" + user + "], 'system': 's'}"))
                .containsExactly(new Row.Chat(turns("system", "s", "user", "q"), Map.of()));
        assertThat(read("{'conversations': [{'from': 'system', 'value': 'own'}, " + user + "], 'system': 's'}"))
                .containsExactly(new Row.Chat(turns("system", "own", "user", "q"), Map.of()));
        assertThatThrownBy(() -> read("{'messages': [{'role': 'user', 'content': 'q'}], 'system': 7}"))
                .hasMessage("data.json: row 1: field system is a number, expected a string");
    }

    @Test
    void a_text_prompt_and_answers_that_are_messages_fit() throws IOException {
        String u = "{'role': 'user', 'content': 'q'}";
        String a = "{'role': 'assistant', 'content': 'a'}";
        String b = "{'role': 'assistant', 'content': 'b'}";
        var expected = new Row.Preference(
                passage("user", "q"), passage("assistant", "a"), passage("assistant", "b"), Map.of());
        // whole conversations: what they share is the prompt, as TRL's maybe_extract_prompt has it
        assertThat(read("{'prompt': 'q', 'chosen': [" + u + "," + a + "], 'rejected': [" + u + "," + b + "]}"))
                .containsExactly(expected);
        assertThat(read("{'prompt': 'q', 'chosen': [" + a + "], 'rejected': [" + b + "]}"))
                .containsExactly(expected);
        assertThat(read("{'prompt': 'q', 'chosen': " + a + ", 'rejected': " + b + "}"))
                .containsExactly(expected);
        assertThat(read("{'prompt': [" + u + "], 'chosen': 'a', 'rejected': 'b'}"))
                .containsExactly(expected);
        assertThat(read("{'prompt': null, 'chosen': [" + u + "," + a + "], 'rejected': [" + u + "," + b + "]}"))
                .containsExactly(expected);
        assertThat(read("{'conversations': [{'from': 'human', 'value': 'q'}], 'chosen': {'from': 'gpt', 'value': 'a'},"
                        + " 'rejected': {'from': 'gpt', 'value': 'b'}}"))
                .containsExactly(expected);
        var completion = new Row.Completion(passage("user", "q"), passage("assistant", "a"), Map.of());
        assertThat(read("{'prompt': 'q', 'completion': [" + a + "]}")).containsExactly(completion);
        assertThat(read("{'prompt': 'q', 'completion': [" + u + "," + a + "]}")).containsExactly(completion);
        assertThat(read("{'prompt': [" + u + "], 'completion': 'a'}")).containsExactly(completion);
        assertThatThrownBy(() -> read("{'prompt': 'q', 'completion': [" + u + "]}"))
                .hasMessage("data.json: row 1: field completion has no assistant turn, expected one (as field prompt"
                        + " is text)");
    }

    @Test
    void pretty_printed_values_are_rows() throws IOException {
        Row a = new Row.Text("a");
        Row b = new Row.Text("b\n{");
        assertThat(read("{\n  'text': 'a'\n}\n")).containsExactly(a);
        assertThat(read("\n{\n  'text': 'a'\n}\n\n{\n  'text': 'b\\n{'\n}\n")).containsExactly(a, b);
        assertThat(read("{\n  'text': 'a'\n} {'text': 'b\\n{'}")).containsExactly(a, b);
        assertThat(read("[\n  {\n    'text': 'a'\n  },\n  {\n    'text': 'b\\n{'\n  }\n]\n"))
                .containsExactly(a, b);
        assertThat(read("{'text': 'a'}\n{'text': 'b\\n{'}\n")).containsExactly(a, b);
        assertThatThrownBy(() -> read("{\n  'text': 'a'\n}\n{\n  'text': 5\n}\n"))
                .hasMessage("data.json: row 2: field text is a number, expected a string");
        assertThatThrownBy(() -> read("{\n  'text': 'a'\n}\n{\n  'text': \n"))
                .hasMessageStartingWith("data.json: row 2: is not JSON: Unexpected end-of-input");
        assertThatThrownBy(() -> read("{\n  'text': 'a'\n},\n{\n  'text': 'b'\n}\n"))
                .hasMessageStartingWith("data.json: row 2: is not JSON: Unexpected character (','");
    }
}
