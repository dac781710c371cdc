package dev.gradine.serve.api;

import dev.gradine.io.Json;
import dev.gradine.serve.http.JsonMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A call of a function that the model wrote.
///
/// @param name of the function
/// @param arguments an object of JSON
record ToolCall(String name, Map<?, ?> arguments) {

    /// As answers have it.
    Map<String, @Nullable Object> json() {
        return JsonMap.of(
                "id", Ids.of("call_"),
                "type", "function",
                "function", JsonMap.of("name", name, "arguments", Json.line(arguments)));
    }
}
