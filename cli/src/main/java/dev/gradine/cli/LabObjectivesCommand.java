package dev.gradine.cli;

import dev.gradine.lab.objectives.ObjectivePage;
import dev.gradine.lab.objectives.ObjectivePlan;
import dev.gradine.lab.objectives.ObjectiveRow;
import dev.gradine.lab.objectives.ObjectiveTrial;
import dev.gradine.lab.page.SourcePapers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `gradine lab objectives`: every objective that learns from pairs on a user's own model and data.
@Command(
        name = "objectives",
        mixinStandardHelpOptions = true,
        description =
                "Train a model with every objective on the same pairs of answers, each in a process of its own, and"
                        + " compare preference accuracy, margin, KL to the base, length of answers, loss on other"
                        + " text, time and memory.")
final class LabObjectivesCommand implements Callable<Integer>, LabComparison.Of<ObjectiveRow> {

    @Mixin
    private LabComparison comparison = new LabComparison();

    @Option(
            names = "--text",
            required = true,
            paramLabel = "FILE",
            description = "Plain text that has nothing to do with the rows, to see what is forgotten.")
    private Path text = Path.of("");

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Steps of each training (default 40); --with NAME:steps=N gives one of them others.")
    private int steps = 40;

    @Option(names = "--held", paramLabel = "N", description = "Rows to measure on (default 60).")
    private int held = 60;

    @Option(
            names = "--lr",
            paramLabel = "X",
            description = "Learning rate (default 2e-4); --with NAME:lr=X gives one of them another.")
    private double lr = 2e-4;

    @Override
    public Integer call() {
        comparison.run(this);
        return 0;
    }

    private ObjectivePlan how() {
        return new ObjectivePlan(steps, comparison.batch(), comparison.maxLength(), held, lr, comparison.with());
    }

    @Override
    public List<String> names() {
        return ObjectivePlan.names();
    }

    @Override
    public void require(String name) {
        how().recipe(name);
        how().rate(name);
        how().steps(name);
    }

    @Override
    public String plan() {
        return how().text();
    }

    @Override
    public ObjectiveRow row(Map<String, Object> json) {
        return ObjectiveRow.of(json);
    }

    @Override
    public Function<String, ObjectiveRow> trial(LoadedModel m) {
        return new ObjectiveTrial(m.open(), comparison.data(), text, how())::of;
    }

    @Override
    public List<String> typed() {
        return List.of("--text", text.toString(), "--steps", "" + steps, "--held", "" + held, "--lr", "" + lr);
    }

    @Override
    public LabComparison.Page page(LabComparison.Measured<ObjectiveRow> measured, LoadedModel m) {
        var page = new ObjectivePage(how(), measured.rows(), measured.failures(), measured.surroundings());
        return new LabComparison.Page() {
            @Override
            public List<String> table() {
                return page.table();
            }

            @Override
            public String text(SourcePapers papers) {
                return page.text(papers);
            }
        };
    }
}
