package dev.gradine.eval;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What lm-evaluation-harness said: `golden/lmeval/expected.json`.
public final class LmEval {

    private LmEval() {}

    /// A part of it.
    public static JsonNode golden(String... path) {
        try {
            JsonNode node = new JsonMapper().readTree(Files.readAllBytes(Golden.golden("lmeval/expected.json")));
            for (String key : path) node = node.required(key);
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A list of whole numbers.
    public static List<Integer> whole(JsonNode list) {
        return list.valueStream().map(JsonNode::asInt).toList();
    }
}
