package dev.gradine.cli;

import dev.gradine.cli.demo.DemoTable;
import dev.gradine.cli.demo.MergeCheck;
import dev.gradine.cli.demo.StoryPairs;
import dev.gradine.cli.demo.Storyteller;
import dev.gradine.io.AtomicFiles;
import dev.gradine.lab.base.StoryFiles;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.tensor.Device;
import dev.gradine.train.Progress;
import dev.gradine.train.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

    // The head is a target because the base model never ends a text with EOS: nothing else can raise that one token.
    private static final String SFT =
            "--targets q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj,lm_head --rank 8 --lr 5e-3";
    private static final String DPO = "--lr 5e-4 --beta 0.1";
    private static final String BOTH = " --batch 8 --schedule cosine --max-length 256 --eval-split 0.05 --save-every 0";

    private final Plan plan;
    private final Path out;
    private final long seed;
    private final Device device;
    private final PrintWriter print;
    private final PrintWriter err;
    private final long start = System.nanoTime();

    Demo(Plan plan, Path out, long seed, Device device, PrintWriter print, PrintWriter err) {
        this.plan = plan;
        this.out = out;
        this.seed = seed;
        this.device = device;
        this.print = print;
        this.err = err;
    }

    /// Runs all stages, or those before the first that fails.
    ///
    /// @return exit code of the command
    int run() {
        prepare();
        int code = sft();
        if (code != 0) return code;
        pairs();
        code = dpo();
        if (code != 0) return code;
        List<String> merge = new ArrayList<>(
                List.of("merge", "--model", at("model"), "--adapter", at("dpo"), "--out", at("merged")));
        merge.addAll(PlaceArgs.typed(device));
        code = command(merge.toArray(String[]::new));
        if (code != 0) return code;
        print.printf("%n%6.1f s  measuring%n%n", seconds());
        print.flush();
        boolean agrees = show(DemoResult.measure(plan, out, seed, device));
        next();
        return agrees ? 0 : Failures.FAULT;
    }

    private void prepare() {
        AtomicFiles.requireFree(out);
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        StoryFiles.copyTo(out);
    }

    private String at(String name) {
        return out.resolve(name).toString();
    }

    private int sft() {
        String[] files = {"--model", at("model"), "--data", at(DemoRows.TRAIN), "--out", at("sft")};
        return train("sft", SFT + " --steps " + plan.sftSteps(), files);
    }

    private int dpo() {
        String[] files = {
            "--model", at("model"), "--init-adapter", at("sft"), "--data", at(DemoRows.PAIRS), "--out", at("dpo")
        };
        return train("dpo", DPO + " --steps " + plan.dpoSteps(), files);
    }

    private int train(String name, String settings, String... files) {
        List<String> args = new ArrayList<>(List.of(name));
        args.addAll(List.of(files));
        args.addAll(List.of((settings + BOTH + " --seed " + seed).split(" ", -1)));
        args.addAll(DeviceArgs.typed(device));
        return command(args.toArray(String[]::new));
    }

    /// Shows a command, then runs it.
    private int command(String... args) {
        print.printf("%n%6.1f s  %s %s%n", seconds(), Arguments.program(), String.join(" ", args));
        print.flush();
        return Main.commandLine(System.getenv()).setOut(err).setErr(err).execute(args);
    }

    private double seconds() {
        return (System.nanoTime() - start) * 1e-9;
    }

    private void pairs() {
        print.printf(
                "%n%6.1f s  %d stories for each of %d openings, to pair those in which somebody speaks"
                        + " with the others%n",
                seconds(), plan.tries(), plan.openings());
        print.flush();
        DemoRows rows = new DemoRows(out);
        try (LoadedModel m = new LoadedModel(out.resolve("model"), device::open)) {
            Policy sft = new Policy(m.model(), AdapterFolder.load(out.resolve("sft"), m.model(), m.run()));
            Storyteller teller = DemoRows.teller(m, sft);
            List<String> openings = rows.prompts(DemoRows.TRAIN, plan.openings());
            List<String> held = rows.prompts(DemoRows.HELD, plan.held());
            write(DemoRows.PAIRS, new StoryPairs(teller, plan.tries(), DemoRows.seeds(seed, 0)), openings);
            write(DemoRows.HELD_PAIRS, new StoryPairs(teller, plan.tries(), DemoRows.seeds(seed, 1)), held);
        }
    }

    private void write(String name, StoryPairs maker, List<String> prompts) {
        try (Progress progress = new Progress(Terminal.ofStderr(), "stories", 0, prompts.size(), "")) {
            List<StoryPairs.Pair> pairs = maker.of(prompts, done -> progress.update(done, Map.of()));
            if (pairs.isEmpty()) throw new IllegalStateException("demo: " + name + ": the stories told give no pair");
            String lines = pairs.stream().map(p -> p.json() + "\n").collect(Collectors.joining());
            AtomicFiles.writeText(out.resolve(name), lines);
        }
    }

    private boolean show(DemoResult result) {
        new DemoTable(print, List.of("base", "after sft", "after dpo"), result.states()).print(result.pairs());
        MergeCheck check = result.merge();
        print.printf("%d parameters trained, %.1f seconds%n", result.trained(), seconds());
        print.printf(
                "merged and adapted model %s: logits differ by %.1e at most, rounding explains %.1e%n",
                check.agrees() ? "agree" : "DISAGREE", check.difference(), check.tolerance());
        return check.agrees();
    }

    private void next() {
        print.printf("%nreports: %s and %s%n", at("sft/report.html"), at("dpo/report.html"));
        print.println("try next:");
        String gradine = Arguments.program();
        String prompt = "--prompt \"One day, a dog found a red ball.\"";
        print.printf("  %s generate --model %s %s%n", gradine, at("merged"), prompt);
        print.printf("  %s generate --model %s %s%n", gradine, at("model"), prompt);
        print.printf("  %s inspect %s%n", gradine, at("merged"));
        print.flush();
    }
}
