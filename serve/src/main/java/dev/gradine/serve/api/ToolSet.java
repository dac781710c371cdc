package dev.gradine.serve.api;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.serve.http.ApiException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Functions that the model may call.
///
/// @param names of them; none if it may call none
/// @param variables what the chat template is told
/// @param several whether it may call several at once
record ToolSet(Set<String> names, Map<String, Object> variables, boolean several) {

    private static final ToolSet NONE = new ToolSet(Set.of(), Map.of(), true);

    /// @throws ApiException if the chat template takes no tools, or they are asked for in another way than
    ///     freely
    static ToolSet read(Fields f, TextCodec codec, List<Message> messages, Map<String, Object> variables) {
        boolean several = f.flag("parallel_tool_calls", true);
        List<?> tools = f.list("tools");
        Object choice = f.value("tool_choice");
        if (choice != null && !choice.equals("auto") && !choice.equals("none")) {
            throw ApiException.unsupported(
                    "tool_choice", "tool_choice is served as auto and none: a call cannot be forced without a grammar");
        }
        Set<String> names = new LinkedHashSet<>();
        for (int i = 0; i < tools.size(); i++) names.add(name(f.within("tools[" + i + "]", tools.get(i))));
        if (names.isEmpty() || "none".equals(choice)) return NONE;
        Map<String, Object> told = Map.of("tools", PlainValues.of(tools));
        Map<String, Object> with = new LinkedHashMap<>(variables);
        with.putAll(told);
        String plain = codec.render(messages, variables, true).text();
        if (codec.render(messages, with, true).text().equals(plain)) {
            throw ApiException.unsupported("tools", "the model's chat template takes no tools, expected none");
        }
        return new ToolSet(names, told, several);
    }

    private static String name(Fields tool) {
        String type = tool.text("type");
        if (!type.equals("function")) throw tool.wrong("type", type, "function");
        Fields f = tool.object("function");
        f.accept("description", "parameters", "strict");
        return f.text("name");
    }

    boolean isEmpty() {
        return names.isEmpty();
    }
}
