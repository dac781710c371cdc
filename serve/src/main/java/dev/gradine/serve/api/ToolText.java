package dev.gradine.serve.api;

import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Takes calls out of a text while it grows. Two ways to write them are known:
///
/// ```
/// text <tool_call>{"name": …, "arguments": {…}}</tool_call> …     Hermes, Qwen
/// {"name": …, "parameters": {…}}; {…}                             Llama 3
/// ```
///
/// What turns out to be no call of a known function is text, to the letter. Without tools, everything is.
final class ToolText {

    private static final String OPEN = "<tool_call>";
    private static final String CLOSE = "</tool_call>";

    private final ToolSet tools;
    private final StringBuilder held = new StringBuilder(); // what may be calls
    private final List<ToolCall> calls = new ArrayList<>();
    private boolean isCalling;
    private boolean hasShown;

    ToolText(ToolSet tools) {
        this.tools = tools;
    }

    /// Takes what the text gained, and gives what is surely no call.
    String take(String piece) {
        if (tools.isEmpty()) return piece;
        held.append(piece);
        if (isCalling || mayBeJson()) return "";
        int at = held.indexOf(OPEN);
        isCalling = at >= 0;
        int shown = isCalling ? at : held.length() - begun();
        return show(shown);
    }

    private boolean mayBeJson() {
        String start = held.toString().stripLeading();
        return !hasShown && (start.isEmpty() || start.startsWith("{"));
    }

    /// Characters at the end that may begin a call.
    private int begun() {
        int n = Math.min(OPEN.length() - 1, held.length());
        while (n > 0 && !OPEN.startsWith(held.substring(held.length() - n))) n--;
        return n;
    }

    private String show(int length) {
        String shown = held.substring(0, length);
        held.delete(0, length);
        hasShown |= !shown.isBlank();
        return shown;
    }

    /// The text is over: what was held back and is no call.
    String finish() {
        String rest = held.toString();
        held.setLength(0);
        String text = rest.strip();
        List<String> written = new ArrayList<>();
        if (text.startsWith(OPEN)) {
            for (String call : text.substring(OPEN.length()).split(OPEN, -1)) written.add(call.replace(CLOSE, ""));
        } else if (text.startsWith("{")) {
            written.addAll(List.of(text.split(";\\s*(?=\\{)", -1)));
        }
        for (String call : written) {
            if (!add(call.strip())) {
                calls.clear();
                return rest;
            }
        }
        if (!tools.several() && calls.size() > 1) calls.subList(1, calls.size()).clear();
        return written.isEmpty() ? rest : "";
    }

    /// Whether it is a call of a known function.
    private boolean add(String json) {
        Map<String, Object> call;
        try {
            call = Json.parseObject("call", json.getBytes(StandardCharsets.UTF_8));
        } catch (CheckpointException _) {
            return false;
        }
        boolean isNamed =
                call.get("name") instanceof String name && tools.names().contains(name);
        Object arguments = call.containsKey("arguments") ? call.get("arguments") : call.get("parameters");
        if (!isNamed || !(arguments instanceof Map<?, ?> given)) return false;
        return calls.add(new ToolCall(String.valueOf(call.get("name")), given));
    }

    /// The calls, once it is over.
    List<ToolCall> calls() {
        return calls;
    }
}
