package dev.gradine.cli;

import dev.gradine.io.Json;
import dev.gradine.peft.AdapterDistance;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `gradine adapters diff`: in what two adapters of a model differ.
@Command(
        name = "diff",
        mixinStandardHelpOptions = true,
        description =
                "Compare two adapters, --adapter a=DIR --adapter b=DIR: fields that differ, and for each module how"
                        + " far what the second adds to the weight is from what the first adds.")
final class AdaptersDiffCommand implements Runnable {

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        PrintWriter print = spec.commandLine().getOut();
        List<Path> folders = List.copyOf(model.folders().values());
        if (folders.size() != 2) {
            throw new IllegalArgumentException("--adapter: %d are given, expected two".formatted(folders.size()));
        }
        fields(folders.getFirst(), folders.getLast(), print);
        try (LoadedModel m = model.open()) {
            SequencedMap<String, AdapterSet> sets = model.named(m);
            AdapterSet first = sets.firstEntry().getValue();
            AdapterSet second = sets.lastEntry().getValue();
            distances(AdapterDistance.between(first, second, m.run()), print);
            double logits = PromptCheck.difference(m.model(), first, second, m.run());
            print.printf("logits of %d tokens: at most %.2e apart%n", PromptCheck.TOKENS, logits);
        }
        print.flush();
    }

    private static void fields(Path first, Path second, PrintWriter print) {
        Map<String, Object> one = Json.readObject(first.resolve(AdapterFolder.CONFIG));
        Map<String, Object> other = Json.readObject(second.resolve(AdapterFolder.CONFIG));
        TreeSet<String> names = new TreeSet<>(one.keySet());
        names.addAll(other.keySet());
        for (String name : names) {
            if (!Objects.equals(one.get(name), other.get(name))) {
                print.printf("%-28s %s | %s%n", name, one.get(name), other.get(name));
            }
        }
    }

    /// A line for each module, and one for all.
    static void distances(List<AdapterDistance> each, PrintWriter print) {
        print.printf("%-48s %9s%n", "‖ΔW₂ − ΔW₁‖ / ‖ΔW₁‖", "");
        for (AdapterDistance d : each) print.printf("  %-46s %9.2e%n", d.path(), d.relative());
        print.printf("  %-46s %9.2e%n", "all", AdapterDistance.total(each).relative());
    }
}
