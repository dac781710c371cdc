package dev.gradine.cli;

import dev.gradine.cli.chat.ChatInput;
import dev.gradine.cli.chat.ChatSession;
import dev.gradine.cli.chat.ChatTerminal;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.generate.ContinuousBatch;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.peft.RowAdapters;
import java.io.BufferedReader;
import java.io.Console;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine chat`: a conversation in the terminal.
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = "Talk with a model in the terminal, with adapters that are switched as you talk; /help says how.")
final class ChatCommand implements Runnable, ConfigFile.Reader {

    private static final int TOGETHER = 2; // answers written at once
    private static final String HELP = """
            /adapter NAME   who answers: an adapter, or base
            /beside NAME    a second answer beside it, from an adapter or base; /beside alone for none
            /system TEXT    the message before all
            /undo           forget the last message and its answer
            /new            begin another conversation
            /save FILE      write the conversation, a line of JSON with its messages
            /quit           end (Ctrl-D, too)
            A line that ends with \\ goes on in the next; a text between two lines of \"""
            may have any lines. Ctrl-C ends an answer.
            """;

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Option(names = "--system", defaultValue = "", paramLabel = "TEXT", description = "Message before all.")
    private String system = "";

    @Mixin
    private TemplateArgs template = new TemplateArgs();

    @Option(
            names = "--max-model-len",
            defaultValue = "8192",
            paramLabel = "N",
            description = "Most tokens of a conversation, if the model has as many positions"
                    + " (default ${DEFAULT-VALUE}).")
    private int longest;

    @Mixin
    private WritingArgs writing = new WritingArgs();

    @Mixin
    private DraftArgs drafts = new DraftArgs();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        try (LoadedModel m = model.open();
                DraftArgs.Drafting drafting = drafts.open(m, m.model().maxPositions());
                ChatInput input = input()) {
            if (!template.isThere(m)) {
                throw new IllegalArgumentException("chat: the model has no chat template, expected --chat-template");
            }
            CausalLm base = m.model();
            TextCodec codec = template.codec(m);
            var rule = writing.rule(m.ends(codec), base.vocabSize(), drafting.draft());
            var voice = new ChatSession.Voice(codec, rule, writing.stop(), writing::draws);
            int tokens = TOGETHER * ContinuousBatch.whole(Math.min(longest, base.maxPositions()));
            Room room = new Room(tokens, TOGETHER, Integer.MAX_VALUE);
            var adapters = model.named(m);
            try (var batch = new ContinuousBatch(base, m.run(), room, RowAdapters::of)) {
                talk(new ChatSession(batch, voice, adapters, system), input);
            }
        }
    }

    private static ChatInput input() {
        boolean isTerminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        if (isTerminal) return new ChatTerminal(Path.of(System.getProperty("user.home"), ".gradine_history"));
        return ChatInput.of(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
    }

    private void talk(ChatSession session, ChatInput input) {
        PrintWriter out = spec.commandLine().getOut();
        input.onInterrupt(session::interrupt);
        out.printf("%s answers; /help says what else there is%n", session.acting());
        out.flush();
        while (true) {
            String text = input.message(session.acting() + "> ");
            if (text == null || text.strip().equals("/quit")) return;
            if (text.isBlank()) continue;
            try {
                if (text.startsWith("/")) command(session, text.strip(), out);
                else session.say(text, out, input.width());
            } catch (IllegalArgumentException e) {
                out.println(e.getMessage());
            }
            out.flush();
        }
    }

    private static void command(ChatSession session, String text, PrintWriter out) {
        int space = text.indexOf(' ');
        String name = space < 0 ? text : text.substring(0, space);
        String rest = space < 0 ? "" : text.substring(space + 1).strip();
        switch (name) {
            case "/adapter" -> session.act(rest);
            case "/beside" -> session.beside(rest.isEmpty() ? null : rest);
            case "/system" -> session.system(rest);
            case "/undo" -> session.undo();
            case "/new" -> session.clear();
            case "/save" -> save(session, rest, out);
            case "/help" -> out.print(HELP + "Adapters: " + session.names() + "\n");
            default -> throw new IllegalArgumentException(name + " is no command; /help names them");
        }
    }

    private static void save(ChatSession session, String file, PrintWriter out) {
        if (file.isEmpty()) throw new IllegalArgumentException("/save: expected a file");
        List<Map<String, String>> messages = session.messages().stream()
                .map(m -> Map.of("role", m.role(), "content", m.content()))
                .toList();
        AtomicFiles.writeText(Path.of(file), Json.line(Map.of("messages", messages)) + "\n");
        out.println("conversation in " + file);
    }
}
