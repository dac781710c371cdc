package dev.gradine.data.chat;

import dev.gradine.data.jinja.JinjaTemplate;
import dev.gradine.data.jinja.Limits;
import dev.gradine.data.jinja.None;
import dev.gradine.data.jinja.Rendered;
import dev.gradine.data.jinja.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// A chat template: turns a conversation into the text a model was trained on.
///
/// The variables are those of transformers: `messages`, `add_generation_prompt`, `tools` and `documents` (None unless
/// given), the special tokens (`bos_token`, …) and whatever else the caller gives. A model may bring several templates
/// by name: `default`, and `tool_use` for conversations with tools.
public final class ChatTemplate {
    /// Name of the template that is taken where a conversation brings no tools.
    public static final String DEFAULT = "default";

    private static final String TOOL_USE = "tool_use";

    private final Choice choice;
    private final Limits limits;
    private final String source;

    private ChatTemplate(Choice choice, Limits limits, String source) {
        this.choice = choice;
        this.limits = limits;
        this.source = source;
    }

    /// Its source, for conversations without tools; empty if there is none.
    public String source() {
        return source;
    }

    /// Picks the template for what stands beside a conversation.
    private sealed interface Choice {
        JinjaTemplate of(boolean tools);

        /// One for conversations with tools, one for the others; often the same.
        record Two(JinjaTemplate plain, JinjaTemplate withTools) implements Choice {
            @Override
            public JinjaTemplate of(boolean tools) {
                return tools ? withTools : plain;
            }
        }

        /// None, or none where there are no tools.
        record Missing(String why, List<JinjaTemplate> withTools) implements Choice {
            @Override
            public JinjaTemplate of(boolean tools) {
                if (tools && !withTools.isEmpty()) return withTools.getFirst();
                throw new TemplateException(why);
            }
        }
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
        return parse(name, Map.of(DEFAULT, source));
    }

    /// Reads a model's templates: `default` renders a conversation, `tool_use`, if there is one, a conversation with
    /// tools. The others are read when they are chosen by name.
    ///
    /// @param sources at least one, by name
    /// @throws TemplateException naming the line, if one is not a template
    public static ChatTemplate parse(String name, Map<String, String> sources) {
        List<JinjaTemplate> tools = sources.containsKey(TOOL_USE)
                ? List.of(JinjaTemplate.parse(name + " " + TOOL_USE, sources.getOrDefault(TOOL_USE, "")))
                : List.of();
        if (!sources.containsKey(DEFAULT)) {
            String why = name + ": there are " + String.join(", ", new TreeSet<>(sources.keySet()))
                    + " and none called default; choose one with --chat-template NAME";
            return new ChatTemplate(new Choice.Missing(why, tools), Limits.defaults(), "");
        }
        String source = sources.getOrDefault(DEFAULT, "");
        JinjaTemplate plain = JinjaTemplate.parse(name, source);
        JinjaTemplate withTools = tools.isEmpty() ? plain : tools.getFirst();
        return new ChatTemplate(new Choice.Two(plain, withTools), Limits.defaults(), source);
    }

    /// A usual template: `alpaca`, `chatml`, `gemma`, `llama2`, `llama3`, `mistral`, `phi3`, `vicuna` or `zephyr`.
    ///
    /// @throws IllegalArgumentException for another name
    public static ChatTemplate named(String name) {
        if (UsualTemplates.NAMES.contains(name)) return parse(name, UsualTemplates.source(name));
        throw new IllegalArgumentException(
                "chat template: name is '" + name + "', expected one of " + String.join(", ", UsualTemplates.NAMES));
    }

    /// The template a user chose, for conversations with tools and without: by its name among the model's, else among
    /// the usual ones, else a file of Jinja.
    ///
    /// @param choice the name, or the path of the file
    /// @param name what the model's templates are called in messages
    /// @param sources the model's templates by name; may be empty
    /// @throws IOException if the file cannot be read
    /// @throws IllegalArgumentException if there is no such name or file, or it is not a template
    public static ChatTemplate chosen(String choice, String name, Map<String, String> sources) throws IOException {
        String called = sources.containsKey(choice) ? name + " " + choice : choice;
        return parse(called, chosenSource(choice, sources));
    }

    /// Its source, word for word.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws IllegalArgumentException if there is no such name or file
    public static String chosenSource(String choice, Map<String, String> sources) throws IOException {
        if (sources.containsKey(choice)) return sources.getOrDefault(choice, "");
        if (UsualTemplates.NAMES.contains(choice)) return UsualTemplates.source(choice);
        Path file = Path.of(choice);
        if (Files.isRegularFile(file)) return FolderTemplate.text(file);
        throw new IllegalArgumentException("--chat-template: " + choice + " is no file and no name; the model's are "
                + (sources.isEmpty() ? "none" : String.join(", ", new TreeSet<>(sources.keySet())))
                + ", the usual ones " + String.join(", ", UsualTemplates.NAMES));
    }

    /// A stand-in for a model that has no template: rendering with it is an error that says so.
    public static ChatTemplate absent() {
        String why = "the model has no chat template, so it cannot render a conversation; give it one with"
                + " --chat-template, for example --chat-template chatml";
        return new ChatTemplate(new Choice.Missing(why, List.of()), Limits.defaults(), "");
    }

    /// This template with other bounds on what a rendering may spend.
    public ChatTemplate within(Limits other) {
        return new ChatTemplate(choice, other, source);
    }

    /// Whether the template for these variables marks the assistant's text with `{% generation %}`.
    public boolean marksGeneration(Map<String, ?> variables) {
        return choice.of(hasTools(variables)).generating();
    }

    private static boolean hasTools(Map<String, ?> variables) {
        return variables.containsKey("tools") && variables.get("tools") != None.NONE;
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
        return choice.of(hasTools(variables)).render(all, limits);
    }
}
