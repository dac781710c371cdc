package dev.gradine.cli;

import dev.gradine.eval.judge.Feedback;
import dev.gradine.eval.judge.JudgedPair;
import dev.gradine.eval.judge.JudgedQuestion;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine feedback`: pairs to learn from, made of what a judge has said.
@Command(
        name = "feedback",
        mixinStandardHelpOptions = true,
        description = {
            "Make pairs of a better and a worse answer for `dpo` and its kin of what `eval judge` has said; those that"
                    + " the candidate lost come first.",
            "Left out, and counted: verdicts that cannot be read or differ between the two orders, ties, answers that"
                    + " are the same but for case and signs, pairs of very different length, prompts held out."
        })
final class FeedbackCommand implements Runnable {

    @Option(
            names = "--judgement",
            required = true,
            paramLabel = "DIR",
            description = "Folder that `eval judge` wrote; several.")
    private List<Path> judgements = new ArrayList<>();

    @Option(
            names = "--held-out",
            paramLabel = "FILE",
            description = "Questions, or rows with a prompt, that are never learnt from; several.")
    private List<Path> heldOut = new ArrayList<>();

    @Option(
            names = "--max-length-ratio",
            paramLabel = "X",
            defaultValue = "3",
            description = "Longest answer of a pair, in lengths of the other; 0 for any (default ${DEFAULT-VALUE}).")
    private double maxLengthRatio;

    @Option(names = "--lost-only", description = "Leave out what the candidate won.")
    private boolean lostOnly;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many pairs (default all).")
    private int limit;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Pairs, a row each, in JSONL.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        List<String> prompts = new ArrayList<>();
        for (Path file : heldOut) for (JudgedQuestion q : JudgedQuestion.read(file)) prompts.addAll(q.turns());
        Feedback feedback = new Feedback(prompts, maxLengthRatio, lostOnly, limit);
        List<JudgedPair> judged = new ArrayList<>();
        for (Path folder : judgements) judged.addAll(JudgedPair.read(folder));
        Feedback.Result result = feedback.of(judged);
        AtomicFiles.writeText(
                out, result.rows().stream().map(r -> Json.line(r) + "\n").collect(Collectors.joining()));
        Json.write(out.resolveSibling("feedback.json"), result.counts());
        PrintWriter print = spec.commandLine().getOut();
        result.counts().forEach((what, n) -> print.println("%-24s %d".formatted(what, n)));
        print.println(result.rows().isEmpty() ? "no pair is left to learn from" : "pairs in " + out);
        print.flush();
    }
}
