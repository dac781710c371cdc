package dev.gradine.serve.api;

import dev.gradine.data.OneLine;
import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.jinja.TemplateException;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A chat as tokens.
///
/// @param prompt its tokens
/// @param begun text of the last message, if it is the assistant's and is to be continued; else empty
/// @param tools that the model was told of
record ChatPrompt(List<Integer> prompt, String begun, ToolSet tools) {

    private static final Set<String> OURS = Set.of("messages", "tools", "add_generation_prompt");

    /// Stands behind a message that is continued, so that one sees where the template puts its end.
    private static final String MARK = "ContinueFromHere7c1d";

    static ChatPrompt read(Fields f, Served served) {
        List<Message> messages = ChatMessages.read(f);
        Map<String, Object> variables = variables(f);
        boolean isOurs = messages.getLast().isAssistant();
        boolean adds = f.flag("add_generation_prompt", !isOurs);
        boolean continues = f.flag("continue_final_message", isOurs && !adds);
        boolean echo = f.flag("echo", false);
        if (continues && adds) {
            throw ApiException.value(
                    "continue_final_message",
                    "continue_final_message and add_generation_prompt are true, expected one of them");
        }
        if (!served.hasTemplate()) {
            throw ApiException.value(
                    "messages", "the model has no chat template, so it takes no messages; ask /v1/completions");
        }
        try {
            TextCodec codec = served.codec();
            ToolSet tools = ToolSet.read(f, codec, messages, variables);
            variables.putAll(tools.variables());
            String text = continues
                    ? begun(codec, messages, variables)
                    : codec.render(messages, variables, adds).text();
            List<Integer> ids = new ArrayList<>();
            for (int id : codec.tokenizer().encode(text, false)) ids.add(id);
            return new ChatPrompt(ids, continues && echo ? messages.getLast().content() : "", tools);
        } catch (TemplateException e) {
            throw ApiException.value("messages", OneLine.of("the chat template refuses: " + e.getMessage(), 400));
        }
    }

    private static Map<String, Object> variables(Fields f) {
        Map<String, Object> variables = new LinkedHashMap<>();
        if (!f.has("chat_template_kwargs")) return variables;
        Fields kwargs = f.object("chat_template_kwargs");
        for (String name : kwargs.names()) {
            if (OURS.contains(name)) throw f.wrong("chat_template_kwargs", name, "it as a field of the request itself");
            variables.put(name, PlainValues.of(kwargs.value(name)));
        }
        return variables;
    }

    /// The chat up to the end of its last message. A template that trims messages trims what stands before
    /// the mark.
    private static String begun(TextCodec codec, List<Message> messages, Map<String, Object> variables) {
        List<Message> marked = new ArrayList<>(messages);
        Message last = marked.removeLast();
        marked.add(new Message(last.role(), last.content() + MARK + " ", last.extras()));
        String text = codec.render(marked, variables, false).text();
        int at = text.lastIndexOf(MARK);
        if (at < 0)
            throw new TemplateException("the chat template does not show the last message, so it cannot be continued");
        String begun = text.substring(0, at);
        return text.startsWith(MARK + " ", at) ? begun : begun.stripTrailing();
    }

    /// Its tokens.
    int[] ids() {
        return prompt.stream().mapToInt(Integer::intValue).toArray();
    }
}
