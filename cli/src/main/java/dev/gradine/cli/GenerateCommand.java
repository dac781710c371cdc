package dev.gradine.cli;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.StopStrings;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.io.Json;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.BeamRule;
import dev.gradine.nn.generate.BeamSearch;
import dev.gradine.nn.generate.Continuation;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
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

    @Mixin
    private TemplateArgs template = new TemplateArgs();

    @Option(names = "--raw", description = "Continue the prompt as it is, even if the model has a chat template.")
    private boolean raw;

    @Option(
            names = "--n",
            defaultValue = "1",
            paramLabel = "N",
            description = "Texts to write behind each prompt, which is read once (default ${DEFAULT-VALUE}).")
    private int n;

    @Mixin
    private WritingArgs writing = new WritingArgs();

    @Mixin
    private DraftArgs drafts = new DraftArgs();

    @Mixin
    private BeamArgs beams = new BeamArgs();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        if (n < 1) throw new IllegalArgumentException("--n: " + n + ", expected at least 1");
        if (raw && template.isGiven()) {
            throw new IllegalArgumentException("--raw and --chat-template are both given, expected one of them");
        }
        if ((prompt == null) == (prompts == null)) {
            throw new IllegalArgumentException("--prompt and --prompts: %s given, expected one of them"
                    .formatted(prompt == null ? "none" : "both"));
        }
        BeamRule search = beams.rule(n);
        try (LoadedModel m = model.open();
                DraftArgs.Drafting drafting = drafts.open(m, m.model().maxPositions())) {
            Policy policy = model.policy(m);
            boolean chat = !raw && template.isThere(m);
            TextCodec codec = template.codec(m);
            WritingRule rule = writing.rule(m.ends(codec), policy.model().vocabSize(), drafting.draft());
            var ask = new Ask(policy, m.run(), codec, chat, rule, search);
            if (prompts != null) answer(ask, lines(prompts));
            else if (n > 1 || search != null) several(ask, prompt == null ? "" : prompt);
            else stream(ask, prompt == null ? "" : prompt);
        }
    }

    /// How prompts are answered.
    ///
    /// @param beams how the likeliest texts are searched, null where texts are drawn
    private record Ask(
            Policy policy,
            Kernels run,
            TextCodec codec,
            boolean chat,
            WritingRule rule,
            @Nullable BeamRule beams) {}

    private void stream(Ask ask, String asked) {
        PrintWriter print = spec.commandLine().getOut();
        int[] ids = ids(ask, asked);
        StringBuilder pending = new StringBuilder(ask.chat ? "" : asked); // shown once it is known to be of use
        StreamDecoder text = new StreamDecoder(ask.codec.tokenizer(), true, ids);
        StopStrings stops = new StopStrings(writing.stop());
        new Generations(ask.policy, ask.run).one(ids, ask.rule, writing.draws(0), id -> {
            print.print(pending + stops.take(text.next(id)));
            pending.setLength(0);
            print.flush();
            return !stops.isFound() && !print.checkError(); // the reader has gone
        });
        print.println(pending + stops.take(text.finish()) + stops.rest());
        print.flush();
    }

    private void several(Ask ask, String asked) {
        PrintWriter print = spec.commandLine().getOut();
        List<String> texts = written(ask, List.of(asked)).getFirst();
        for (int i = 0; i < texts.size(); i++) {
            if (n > 1) print.printf("--- %d of %d%n", i + 1, texts.size());
            print.printf("%s%s%n", ask.chat ? "" : asked, texts.get(i));
        }
        print.flush();
    }

    private void answer(Ask ask, List<String> all) {
        PrintWriter print = spec.commandLine().getOut();
        List<List<String>> written = written(ask, all);
        for (int i = 0; i < all.size(); i++) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("prompt", all.get(i));
            if (n == 1) line.put("completion", written.get(i).getFirst());
            else line.put("completions", written.get(i));
            print.println(Json.line(line));
        }
        print.flush();
    }

    /// What is written behind each prompt.
    private List<List<String>> written(Ask ask, List<String> all) {
        BeamRule search = ask.beams;
        if (search != null) return all.stream().map(p -> found(ask, p, search)).toList();
        List<Asked> asked = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            int[] ids = ids(ask, all.get(i));
            List<SplittableRandom> draws = new ArrayList<>();
            List<StreamDecoder> texts = new ArrayList<>();
            List<StopStrings> stops = new ArrayList<>();
            for (int d = 0; d < n; d++) {
                draws.add(writing.draws(i * n + d));
                texts.add(new StreamDecoder(ask.codec.tokenizer(), true, ids));
                stops.add(new StopStrings(writing.stop()));
            }
            asked.add(Asked.telling(ids, draws, (draw, token) -> {
                stops.get(draw).take(texts.get(draw).next(token));
                return !stops.get(draw).isFound();
            }));
        }
        return new Generations(ask.policy, ask.run)
                .run(asked, ask.rule).stream()
                        .map(own -> own.stream().map(w -> text(ask, w)).toList())
                        .toList();
    }

    private List<String> found(Ask ask, String asked, BeamRule search) {
        return new BeamSearch(ask.policy, ask.run)
                .search(ids(ask, asked), ask.rule, search, tokens -> isStopped(ask, tokens)).stream()
                        .limit(n)
                        .map(f -> text(ask, f.continuation()))
                        .toList();
    }

    private boolean isStopped(Ask ask, int[] tokens) {
        if (writing.stop().isEmpty()) return false;
        StopStrings stops = new StopStrings(writing.stop());
        stops.take(ask.codec.tokenizer().decode(tokens, true));
        return stops.isFound();
    }

    private String text(Ask ask, Continuation written) {
        StopStrings stops = new StopStrings(writing.stop());
        return stops.take(ask.codec.tokenizer().decode(written.tokens(), true)) + stops.rest();
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
