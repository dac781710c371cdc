package dev.gradine.cli;

import dev.gradine.cli.evaluation.EvalPage;
import dev.gradine.cli.evaluation.EvalRun;
import dev.gradine.train.compare.Comparison;
import dev.gradine.train.compare.ComparisonPage;
import dev.gradine.train.compare.ComparisonText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `gradine compare`: runs side by side.
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description =
                "Compare runs: the settings that differ, results with the best marked, answers to the same prompts;"
                        + " with --html their curves as well. Of evaluations: the numbers, and item by item what"
                        + " differs.")
final class CompareCommand implements Runnable {

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Folders of runs: two or more.")
    private List<Path> runs = new ArrayList<>();

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page as well.")
    private @Nullable Path html;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        if (EvalRun.isIn(runs.getFirst())) compareEvaluations();
        else compareTraining();
    }

    private void compareEvaluations() {
        for (Path run : runs) {
            if (!EvalRun.isIn(run)) {
                throw new IllegalArgumentException(
                        "%s: has no results_….json of an evaluation, as %s has".formatted(run, runs.getFirst()));
            }
        }
        List<EvalRun> all = runs.stream().map(EvalRun::read).toList();
        PrintWriter out = spec.commandLine().getOut();
        for (String line : EvalPage.lines(all)) out.println(line);
        if (html != null) {
            EvalPage.write(html, all);
            out.println("page in " + html);
        }
        out.flush();
    }

    private void compareTraining() {
        Comparison c = Comparison.of(runs);
        PrintWriter out = spec.commandLine().getOut();
        out.print(ComparisonText.of(c));
        if (html != null) {
            ComparisonPage.write(html, c);
            out.println("page in " + html);
        }
        out.flush();
    }
}
