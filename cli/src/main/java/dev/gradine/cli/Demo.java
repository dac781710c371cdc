package dev.gradine.cli;

import dev.gradine.align.Labelled;
import dev.gradine.align.LabelledPair;
import dev.gradine.cli.demo.DemoFiles;
import dev.gradine.cli.demo.DemoTable;
import dev.gradine.cli.demo.MergeCheck;
import dev.gradine.cli.demo.Meter;
import dev.gradine.cli.demo.Scores;
import dev.gradine.cli.demo.StoryPairs;
import dev.gradine.cli.demo.Storyteller;
import dev.gradine.data.DataSet;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.encode.Mask;
import dev.gradine.data.encode.PreferenceEncoder;
import dev.gradine.data.encode.SftEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.AtomicFiles;
import dev.gradine.peft.AdaptedModel;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.train.Progress;
import dev.gradine.train.Screen;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// One run of the demo. Its stages are the commands a user would type, run one after the other in this process.
final class Demo {

    /// How much of everything.
    ///
    /// @param sftSteps steps of fine-tuning
    /// @param dpoSteps steps of preference optimisation
    /// @param openings training openings that stories are told from
    /// @param tries stories for each opening
    /// @param held held-out rows that are measured on
    record Plan(int sftSteps, int dpoSteps, int openings, int tries, int held) {
        static final Plan FULL = new Plan(120, 50, 120, 4, 80);
    }

    // Every story told has a seed of its own: three ranges for each seed of the demo.
    private static final long SEEDS = 1 << 20;
    private static final long HELD = SEEDS / 4;
    private static final long TELL = SEEDS / 2;

    private final Plan plan;
    private final Path out;
    private final long seed;
    private final PrintWriter print;
    private final PrintWriter err;
    private final long start = System.nanoTime();

    Demo(Plan plan, Path out, long seed, PrintWriter print, PrintWriter err) {
        this.plan = plan;
        this.out = out;
        this.seed = seed;
        this.print = print;
        this.err = err;
    }

    /// Trains, merges, checks and reports; returns the exit code of the command.
    int run() {
        prepare();
        int code = sft();
        if (code != 0) return code;
        pairs();
        code = dpo();
        if (code != 0) return code;
        code = command("merge", "--model", at("model"), "--adapter", at("dpo"), "--out", at("merged"));
        if (code != 0) return code;
        MergeCheck check = check();
        report(check);
        return check.agrees() ? 0 : Failures.FAULT;
    }

    private void prepare() {
        AtomicFiles.requireFree(out);
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        DemoFiles.copyTo(out);
    }

    private String at(String name) {
        return out.resolve(name).toString();
    }

    private int sft() {
        return command(
                "sft",
                "--model",
                at("model"),
                "--data",
                at("data/train.jsonl"),
                "--out",
                at("sft"),
                "--rank",
                "8",
                "--targets",
                "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj,lm_head",
                "--lr",
                "5e-3",
                "--schedule",
                "cosine",
                "--steps",
                "" + plan.sftSteps(),
                "--batch",
                "8",
                "--eval-split",
                "0.05",
                "--max-length",
                "256",
                "--save-every",
                "0",
                "--seed",
                "" + seed);
    }

    private int dpo() {
        return command(
                "dpo",
                "--model",
                at("model"),
                "--init-adapter",
                at("sft"),
                "--data",
                at("data/pairs.jsonl"),
                "--out",
                at("dpo"),
                "--lr",
                "6e-4",
                "--beta",
                "0.1",
                "--schedule",
                "cosine",
                "--steps",
                "" + plan.dpoSteps(),
                "--batch",
                "8",
                "--eval-split",
                "0.05",
                "--max-length",
                "256",
                "--save-every",
                "0",
                "--seed",
                "" + seed);
    }

    /// Shows a command, then runs it.
    private int command(String... args) {
        print.printf("%n%6.1f s  gradine %s%n", seconds(), String.join(" ", args));
        print.flush();
        return Main.commandLine(System.getenv()).setOut(err).setErr(err).execute(args);
    }

    private double seconds() {
        return (System.nanoTime() - start) * 1e-9;
    }

    private void pairs() {
        print.printf(
                "%n%6.1f s  %d stories for each of %d openings, to pair those in which somebody speaks with the others%n",
                seconds(), plan.tries(), plan.openings());
        print.flush();
        try (LoadedModel m = new LoadedModel(out.resolve("model"))) {
            AdapterFolder.load(out.resolve("sft"), m.model(), m.run());
            Storyteller teller = teller(m);
            write("data/pairs.jsonl", teller, prompts("data/train.jsonl", plan.openings()), seed * SEEDS);
            write("data/held-pairs.jsonl", teller, prompts("data/held.jsonl", plan.held()), HELD + seed * SEEDS);
        }
    }

    private void write(String name, Storyteller teller, List<String> prompts, long first) {
        try (Progress progress = new Progress(Screen.ofStderr(), "stories", 0, prompts.size(), "")) {
            List<StoryPairs.Pair> pairs =
                    new StoryPairs(teller, plan.tries(), first).of(prompts, done -> progress.update(done, Map.of()));
            if (pairs.isEmpty()) throw new IllegalStateException("demo: the stories told give no pair");
            String lines = pairs.stream().map(p -> p.json() + "\n").collect(Collectors.joining());
            AtomicFiles.writeText(out.resolve(name), lines);
        }
    }

    private Storyteller teller(LoadedModel m) {
        var tokenizer = m.codecFor(false).tokenizer();
        return new Storyteller(m.model(), m.run(), tokenizer, EndTokens.of(tokenizer));
    }

    private DataSet read(String name) {
        try {
            return DataSet.read(out.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> prompts(String name, int count) {
        List<String> prompts = new ArrayList<>();
        for (Row row : read(name).first(count).rows()) {
            if (row instanceof Row.Completion c && c.prompt() instanceof Passage.Text t) prompts.add(t.text());
        }
        return prompts;
    }

    private MergeCheck check() {
        try (LoadedModel base = new LoadedModel(out.resolve("model"));
                LoadedModel merged = new LoadedModel(out.resolve("merged"))) {
            AdapterFolder.load(out.resolve("dpo"), base.model(), base.run());
            int[] ids = meter(base).whole().getFirst().ids();
            return MergeCheck.of(
                    MergeCheck.logits(base.model(), base.run(), ids),
                    MergeCheck.logits(merged.model(), merged.run(), ids),
                    base.model());
        }
    }

    private Meter meter(LoadedModel m) {
        TextCodec codec = m.codecFor(false);
        int longest = m.model().maxPositions();
        List<Labelled> held = new SftEncoder(codec, Mask.COMPLETION, longest)
                .encode(read("data/held.jsonl").first(plan.held())).examples().stream()
                        .map(e -> new Labelled(e.ids(), e.labels()))
                        .toList();
        List<LabelledPair> pairs = new ArrayList<>();
        for (var e : new PreferenceEncoder(codec, longest)
                .encode(read("data/held-pairs.jsonl"))
                .examples()) pairs.add(DpoCommand.labelled(pairs.size(), e));
        List<Labelled> whole = new ArrayList<>();
        for (Row row : read("data/whole.jsonl").first(plan.held()).rows()) {
            int[] ids = codec.tokenizer().encode(((Row.Text) row).text(), true);
            whole.add(Labelled.completion(Arrays.copyOf(ids, Math.min(longest, ids.length)), 0));
        }
        return new Meter(held, pairs, whole, prompts("data/held.jsonl", plan.held()), TELL + seed * SEEDS);
    }

    private void report(MergeCheck check) {
        print.printf("%n%6.1f s  measuring%n", seconds());
        print.flush();
        List<Scores> scores = new ArrayList<>();
        long trained;
        Meter meter;
        try (LoadedModel m = new LoadedModel(out.resolve("model"))) {
            meter = meter(m);
            AdaptedModel adapted = AdapterFolder.load(out.resolve("sft"), m.model(), m.run());
            trained = adapted.trainedValues();
            double[] reference = meter.margins(teller(m));
            adapted.disable();
            scores.add(meter.of(teller(m), reference));
            adapted.enable();
            scores.add(meter.of(teller(m), reference));
            try (LoadedModel merged = new LoadedModel(out.resolve("merged"))) {
                scores.add(meter.of(teller(merged), reference));
            }
        }
        print.println();
        DemoTable table = new DemoTable(print, List.of("base", "after sft", "after dpo"), scores);
        table.figures(meter.pairs().size(), meter.prompts().size());
        table.stories();
        print.println();
        print.printf("%d parameters trained, %.1f seconds%n", trained, seconds());
        print.printf(
                "merged and adapted model %s: logits differ by %.1e at most, rounding explains %.1e%n",
                check.agrees() ? "agree" : "DISAGREE", check.difference(), check.tolerance());
        print.flush();
    }
}
