package dev.gradine.cli;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.io.Json;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.Continuation;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine generate`: continues a prompt, token by token.
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Answer a prompt, or continue it; the text streams as it is drawn.")
final class GenerateCommand implements Runnable, ConfigFile.Reader {

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Option(names = "--prompt", paramLabel = "TEXT", description = "What to answer or continue.")
    private @Nullable String prompt;

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description = "A prompt a line, all answered at once; writes a line of JSON for each, with prompt and"
                    + " completion.")
    private @Nullable Path prompts;

    @Option(names = "--system", paramLabel = "TEXT", description = "System message before the prompt.")
    private @Nullable String system;

    @Option(
            names = "--chat-template",
            paramLabel = "NAME|FILE",
            description = "Template for the prompt: a name among the model's or the usual ones (chatml, llama3, …),"
                    + " or a file of Jinja (default the model's own).")
    private @Nullable String chatTemplate;

    @Option(names = "--raw", description = "Continue the prompt as it is, even if the model has a chat template.")
    private boolean raw;

    @Option(
            names = "--max-tokens",
            defaultValue = "256",
            paramLabel = "N",
            description = "Most tokens to write (default ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--temperature",
            defaultValue = "0.7",
            paramLabel = "X",
            description = "0 for the likeliest token, 1 for the model's own distribution (default ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(
            names = "--top-k",
            defaultValue = "0",
            paramLabel = "N",
            description = "Draw from the N likeliest tokens; 0 for all (default ${DEFAULT-VALUE}).")
    private int topK;

    @Option(
            names = "--top-p",
            defaultValue = "0.95",
            paramLabel = "X",
            description = "Draw from the fewest tokens of this probability together (default ${DEFAULT-VALUE}).")
    private double topP;

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "Same seed, same text (default ${DEFAULT-VALUE}).")
    private long seed;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        if (maxTokens < 1) throw new IllegalArgumentException("--max-tokens: " + maxTokens + ", expected at least 1");
        if (raw && chatTemplate != null) {
            throw new IllegalArgumentException("--raw and --chat-template are both given, expected one of them");
        }
        if ((prompt == null) == (prompts == null)) {
            throw new IllegalArgumentException("--prompt and --prompts: %s given, expected one of them"
                    .formatted(prompt == null ? "none" : "both"));
        }
        SamplingParams params = new SamplingParams(temperature, topK, topP);
        try (LoadedModel m = model.open()) {
            Policy policy = model.policy(m);
            boolean chat = !raw && (chatTemplate != null || m.hasTemplate());
            TextCodec codec =
                    chatTemplate == null ? m.codecFor(false) : m.open().codec(chatTemplate);
            var request = WritingRule.of(params, maxTokens, m.ends(codec));
            var ask = new Ask(policy, m.run(), codec, chat, request);
            if (prompts == null) stream(ask, prompt == null ? "" : prompt);
            else answer(ask, lines(prompts));
        }
    }

    /// How prompts are answered.
    private record Ask(Policy policy, Kernels run, TextCodec codec, boolean chat, WritingRule request) {}

    private void stream(Ask ask, String asked) {
        PrintWriter print = spec.commandLine().getOut();
        int[] ids = ids(ask, asked);
        StringBuilder pending = new StringBuilder(ask.chat ? "" : asked); // shown once it is known to be of use
        StreamDecoder text = new StreamDecoder(ask.codec.tokenizer(), true, ids);
        new Generations(ask.policy, ask.run).one(ids, ask.request, new SplittableRandom(seed), id -> {
            print.print(pending + text.next(id));
            pending.setLength(0);
            print.flush();
            return !print.checkError(); // the reader has gone
        });
        print.println(pending + text.finish());
        print.flush();
    }

    /// Prompt number i has the seed of the run and i more, so that each can be repeated alone.
    private void answer(Ask ask, List<String> all) {
        List<Asked> asked = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            asked.add(Asked.of(ids(ask, all.get(i)), List.of(new SplittableRandom(seed + i))));
        }
        List<List<Continuation>> written = new Generations(ask.policy, ask.run).run(asked, ask.request);
        PrintWriter print = spec.commandLine().getOut();
        for (int i = 0; i < all.size(); i++) {
            String completion =
                    ask.codec.tokenizer().decode(written.get(i).getFirst().tokens(), true);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("prompt", all.get(i));
            line.put("completion", completion);
            print.println(Json.line(line));
        }
        print.flush();
    }

    private static List<String> lines(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            if (lines.isEmpty())
                throw new IllegalArgumentException("--prompts " + file + ": is empty, expected a line");
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int[] ids(Ask ask, String asked) {
        if (!ask.chat) return ask.codec.tokenizer().encode(asked, true);
        List<Message> turns = new ArrayList<>();
        if (system != null) turns.add(new Message("system", system));
        turns.add(new Message("user", asked));
        return ask.codec.encodeChat(turns, Map.of(), true);
    }
}
