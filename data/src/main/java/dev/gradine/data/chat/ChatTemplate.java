package dev.gradine.data.chat;

import dev.gradine.data.jinja.JinjaTemplate;
import dev.gradine.data.jinja.Limits;
import dev.gradine.data.jinja.None;
import dev.gradine.data.jinja.Rendered;
import dev.gradine.data.jinja.TemplateException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A chat template: turns a conversation into the text a model was trained on.
///
/// The variables are those of transformers: `messages`, `add_generation_prompt`, `tools` and `documents` (None unless
/// given), the special tokens (`bos_token`, …) and whatever else the caller gives.
public final class ChatTemplate {
    private static final String CHATML = """
            {% for message in messages %}
            {{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
            {%- endfor %}
            {% if add_generation_prompt %}
            {{- '<|im_start|>assistant\\n' }}
            {%- endif %}""";

    private static final String ALPACA = """
            {% for message in messages %}
            {% if message['role'] == 'user' %}
            {{- '### Instruction:\\n' + message['content'] + '\\n\\n### Response:\\n' }}
            {%- elif message['role'] == 'assistant' %}
            {{- message['content'] + eos_token + '\\n\\n' }}
            {%- else %}
            {{- message['content'] + '\\n\\n' }}
            {%- endif %}
            {%- endfor %}""";

    private final JinjaTemplate template;
    private final Limits limits;

    private ChatTemplate(JinjaTemplate template, Limits limits) {
        this.template = template;
        this.limits = limits;
    }

    /// Reads the source of a template.
    ///
    /// @throws TemplateException naming the line, if it is not a template
    public static ChatTemplate parse(String source) {
        return parse("chat template", source);
    }

    /// Reads the source of a template called `name` in messages.
    ///
    /// @throws TemplateException naming the line, if it is not a template
    public static ChatTemplate parse(String name, String source) {
        return new ChatTemplate(JinjaTemplate.parse(name, source), Limits.defaults());
    }

    /// A template this library brings: `chatml` or `alpaca`.
    ///
    /// @throws IllegalArgumentException for another name
    public static ChatTemplate named(String name) {
        return switch (name) {
            case "chatml" -> parse("chatml", CHATML);
            case "alpaca" -> parse("alpaca", ALPACA);
            default ->
                throw new IllegalArgumentException(
                        "chat template: name is '" + name + "', expected 'chatml' or 'alpaca'");
        };
    }

    /// A stand-in for a model that has no template: rendering with it is an error that says so.
    public static ChatTemplate absent() {
        return parse(
                "chat template",
                "{{ raise_exception('the model has no chat template, so it cannot render a "
                        + "conversation; give it one, for example chatml') }}");
    }

    /// This template with other bounds on what a rendering may spend.
    public ChatTemplate within(Limits other) {
        return new ChatTemplate(template, other);
    }

    /// Whether the template marks the assistant's text with `{% generation %}`.
    public boolean marksGeneration() {
        return template.generating();
    }

    /// The conversation as text.
    ///
    /// @param variables what the template reads besides the messages: special tokens, `tools`, …
    /// @param addGenerationPrompt whether the text ends where the assistant's answer begins
    /// @throws TemplateException if the template raises an error or misuses a value, naming its line
    public String render(List<Message> messages, Map<String, ?> variables, boolean addGenerationPrompt) {
        return renderMarked(messages, variables, addGenerationPrompt).text();
    }

    /// The conversation as text, with the places of its `{% generation %}` blocks.
    ///
    /// @throws TemplateException as [#render]
    public Rendered renderMarked(List<Message> messages, Map<String, ?> variables, boolean addGenerationPrompt) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("tools", None.NONE);
        all.put("documents", None.NONE);
        all.putAll(variables);
        all.put("messages", messages.stream().map(Message::fields).toList());
        all.put("add_generation_prompt", addGenerationPrompt);
        return template.render(all, limits);
    }
}
