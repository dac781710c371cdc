package dev.gradine.cli;

import dev.gradine.cli.gpu.TempFolder;
import dev.gradine.io.Json;
import dev.gradine.lab.About;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Lab;
import dev.gradine.lab.Result;
import dev.gradine.lab.ResultText;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `gradine lab`: what papers claim, tried here.
@Command(
        name = "lab",
        mixinStandardHelpOptions = true,
        subcommands = {LabAdaptersCommand.class, LabObjectivesCommand.class},
        description =
                "Try what papers claim, as small experiments over three seeds: the table, what must show in it, and"
                        + " whether it does. Without a name, list them; needs no file.")
final class LabCommand implements Callable<Integer> {

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Experiments to run.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--all", description = "Run every experiment.")
    private boolean all;

    @Option(names = "--json", description = "Print a line of JSON for each experiment, with the numbers of every seed.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() throws IOException {
        if (all && !names.isEmpty()) {
            throw new IllegalArgumentException("--all: runs every experiment, expected no name beside it");
        }
        List<Experiment> chosen =
                all ? Lab.all() : names.stream().map(Lab::named).toList();
        if (chosen.isEmpty()) list();
        else run(chosen);
        return 0;
    }

    private void list() {
        PrintWriter out = spec.commandLine().getOut();
        for (Experiment e : Lab.all()) {
            About a = e.about();
            out.println("%-12s %s".formatted(a.name(), a.claim()));
        }
        out.flush();
    }

    private void run(List<Experiment> chosen) throws IOException {
        try (TempFolder folder = new TempFolder("gradine-lab")) {
            Lab lab = new Lab(CpuKernels::open, folder.path());
            for (Experiment e : chosen) {
                if (!json) print(ResultText.head(e.about()));
                Result result = lab.run(e, Lab.SEEDS, false);
                print(json ? List.of(Json.line(result.json())) : ResultText.lines(result));
            }
        }
    }

    private void print(List<String> lines) {
        PrintWriter out = spec.commandLine().getOut();
        lines.forEach(out::println);
        if (!json) out.println();
        out.flush();
    }
}
