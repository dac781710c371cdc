package dev.gradine.data.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.jinja.TemplateException;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every real chat template over nine conversations, against the reference's renderings.
class GoldenTemplatesTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @Test
    void every_rendering_and_every_error_is_the_references() throws IOException {
        Path templates = Golden.shared("assets/chat_templates");
        JsonNode golden = JSON.readTree(Golden.golden("templates/expected.json"));
        List<String> wrong = new ArrayList<>();
        int checked = 0;
        for (var template : golden.path("templates").properties()) {
            ChatTemplate t =
                    ChatTemplate.parse(template.getKey(), Files.readString(templates.resolve(template.getKey())));
            for (var expected : template.getValue().properties()) {
                checked++;
                String difference = difference(t, golden, expected.getKey(), expected.getValue());
                if (!difference.isEmpty()) wrong.add(template.getKey() + " " + expected.getKey() + ": " + difference);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(checked).isEqualTo(35 * 9);
    }

    private static String difference(ChatTemplate template, JsonNode golden, String name, JsonNode expected) {
        String rendered;
        try {
            rendered = render(
                    template, golden.path("variables"), golden.path("cases").path(name));
        } catch (TemplateException e) {
            return expected.has("error")
                            && sameError(e.reason(), expected.path("error").asString())
                    ? ""
                    : "raises '" + e.getMessage() + "', expected " + expected;
        }
        if (expected.has("error")) return "renders, expected " + expected;
        return rendered.equals(expected.path("rendered").asString()) ? "" : "renders " + rendered;
    }

    /// The reference's error is `Type: text`; the text is ours, up to capitals.
    private static boolean sameError(String ours, String theirs) {
        return theirs.substring(theirs.indexOf(": ") + 2).equalsIgnoreCase(ours);
    }

    private static String render(ChatTemplate template, JsonNode variables, JsonNode conversation) {
        Map<String, Object> all = new LinkedHashMap<>(map(variables));
        if (conversation.has("tools")) {
            all.put("tools", JSON.convertValue(conversation.path("tools"), new TypeReference<List<Object>>() {}));
        }
        List<Message> messages = new ArrayList<>();
        for (JsonNode m : conversation.path("messages")) {
            Map<String, Object> extras = map(m);
            extras.remove("role");
            extras.remove("content");
            messages.add(
                    new Message(m.path("role").asString(), m.path("content").asString(), extras));
        }
        return template.render(messages, all, conversation.path("gen").asBoolean(false));
    }

    private static Map<String, Object> map(JsonNode node) {
        return JSON.convertValue(node, new TypeReference<>() {});
    }
}
