package dev.gradine.eval.judge;

import dev.gradine.data.DataException;
import dev.gradine.data.file.RowFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// A question whose answers are judged.
///
/// @param id its number or name; of a row without one, what it asks
/// @param category such as `math`; may be empty
/// @param turns what the user says, one after the other
public record JudgedQuestion(String id, String category, List<String> turns) {

    private static final List<String> MATH = List.of("math", "reasoning", "coding");

    /// Copies the list.
    public JudgedQuestion {
        turns = List.copyOf(turns);
    }

    /// Whether a judge is shown the reference answer.
    boolean wantsReference() {
        return MATH.contains(category);
    }

    /// The questions of a file: MT-Bench's `question_id`, `category`, `turns`, or AlpacaEval's
    /// `instruction`.
    public static List<JudgedQuestion> read(Path file) {
        List<JudgedQuestion> all = new ArrayList<>();
        values(file, row -> {
            List<String> turns = texts(row, "turns", "instruction", "question", "prompt");
            all.add(new JudgedQuestion(id(row), row.path("category").asString(""), turns));
        });
        return all;
    }

    /// The answers of a file by question: FastChat's `choices[0].turns`, or `output`, `answer`,
    /// `response`.
    public static Map<String, List<String>> answers(Path file) {
        Map<String, List<String>> all = new LinkedHashMap<>();
        values(file, row -> {
            JsonNode turns = row.at("/choices/0/turns");
            all.put(id(row), turns.isArray() ? list(turns) : texts(row, "turns", "output", "answer", "response"));
        });
        return all;
    }

    /// A number that answers of a file have beside them; of those that have it.
    public static List<Double> numbers(Path file, String field) {
        List<Double> all = new ArrayList<>();
        values(file, row -> {
            if (row.path(field).isNumber()) all.add(row.path(field).asDouble());
        });
        return all;
    }

    private static String id(JsonNode row) {
        for (String key : List.of("question_id", "id"))
            if (row.has(key)) return row.path(key).asString();
        return String.join("\n", texts(row, "turns", "instruction", "question", "prompt"));
    }

    private static List<String> texts(JsonNode row, String... keys) {
        for (String key : keys) {
            if (row.path(key).isString()) return List.of(row.path(key).asString());
            if (row.path(key).isArray()) return list(row.path(key));
        }
        throw new DataException("has none of the fields " + String.join(", ", keys));
    }

    private static List<String> list(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }

    private static void values(Path file, Consumer<JsonNode> sink) {
        try {
            RowFile.values(file, sink);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
