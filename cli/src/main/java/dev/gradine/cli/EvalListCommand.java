package dev.gradine.cli;

import dev.gradine.eval.task.EvalTask;
import dev.gradine.eval.task.Tasks;
import java.io.PrintWriter;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `gradine eval list`: the tasks that travel with the program.
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "List the tasks that travel with the program, and the files they need.")
final class EvalListCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-43s %-21s %6s  %s%n", "task", "asks", "n-shot", "files");
        for (String name : Tasks.NAMES) {
            EvalTask t = Tasks.named(name);
            String files = t.data().files().values().stream()
                    .flatMap(List::stream)
                    .collect(Collectors.toCollection(TreeSet::new))
                    .stream()
                    .collect(Collectors.joining(", "));
            out.printf(
                    "%-43s %-21s %6d  %s%n",
                    name, t.question().outputType(), t.shots().count(), files);
        }
        out.flush();
    }
}
