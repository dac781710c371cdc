package dev.gradine.cli;

import dev.gradine.lab.methods.MethodPage;
import dev.gradine.lab.methods.MethodPlan;
import dev.gradine.lab.methods.MethodRow;
import dev.gradine.lab.methods.MethodTrial;
import dev.gradine.lab.page.SourcePapers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `gradine lab adapters`: every adapter method on a user's own model and data.
@Command(
        name = "adapters",
        mixinStandardHelpOptions = true,
        description =
                "Train a model with every adapter method on the same rows, as sft reads them, each in a process of its"
                        + " own, and compare values trained, memory, speed and held-out loss.")
final class LabAdaptersCommand implements Callable<Integer>, LabComparison.Of<MethodRow> {

    @Mixin
    private LabComparison comparison = new LabComparison();

    @Option(names = "--steps", paramLabel = "N", description = "Steps of each training (default 10).")
    private int steps = 10;

    @Option(names = "--held", paramLabel = "N", description = "Rows to measure on (default 16).")
    private int held = 16;

    @Option(
            names = "--rates",
            split = ",",
            paramLabel = "X",
            description = "Learning rates, each of which is tried with each method (default 1e-4,1e-3,1e-2).")
    private List<Double> rates = new ArrayList<>(List.of(1e-4, 1e-3, 1e-2));

    @Override
    public Integer call() {
        comparison.run(this);
        return 0;
    }

    private MethodPlan how() {
        return new MethodPlan(steps, comparison.batch(), comparison.maxLength(), held, rates, comparison.with());
    }

    @Override
    public List<String> names() {
        return MethodPlan.names();
    }

    @Override
    public void require(String name) {
        how().method(name);
    }

    @Override
    public String plan() {
        return how().text();
    }

    @Override
    public MethodRow row(Map<String, Object> json) {
        return MethodRow.of(json);
    }

    @Override
    public Function<String, MethodRow> trial(LoadedModel m) {
        return new MethodTrial(m.open(), comparison.data(), how())::of;
    }

    @Override
    public List<String> typed() {
        String each = String.join(",", rates.stream().map(String::valueOf).toList());
        return List.of("--steps", "" + steps, "--held", "" + held, "--rates", each);
    }

    @Override
    public LabComparison.Page page(LabComparison.Measured<MethodRow> measured, LoadedModel m) {
        var page = new MethodPage(how(), measured.rows(), measured.failures(), measured.surroundings());
        long base = m.model().weights().stream()
                .map(w -> w.param())
                .distinct()
                .mapToLong(p -> p.value().size())
                .sum();
        return new LabComparison.Page() {
            @Override
            public List<String> table() {
                return page.table(base);
            }

            @Override
            public String text(SourcePapers papers) {
                return page.text(base, papers);
            }
        };
    }
}
