package dev.gradine.cli;

import dev.gradine.export.PeftExport;
import dev.gradine.io.AtomicFiles;
import dev.gradine.nn.Adapters;
import dev.gradine.peft.AdapterDistance;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Combination;
import dev.gradine.peft.Lora;
import dev.gradine.peft.ScaledAdapters;
import dev.gradine.peft.TogetherAdapters;
import dev.gradine.tensor.Kernels;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine adapters combine`: one LoRA out of several, as PEFT's `add_weighted_adapter` makes it.
@Command(
        name = "combine",
        mixinStandardHelpOptions = true,
        description = "Make one LoRA of several: --adapter a=DIR --adapter b=DIR --weights 0.7,0.3.")
final class AdaptersCombineCommand implements Runnable {

    private static final double EXACT = 1e-3; // of a logit, for methods that are exact

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Mixin
    private LogitBound bound = new LogitBound();

    @Option(
            names = "--weights",
            required = true,
            split = ",",
            paramLabel = "X",
            description = "One weight for each adapter, in their order; may be negative.")
    private List<Double> weights = new ArrayList<>();

    @Option(
            names = "--method",
            defaultValue = "svd",
            paramLabel = "NAME",
            description = "linear, cat, svd, ties, ties_svd, dare_linear, dare_ties, dare_linear_svd, dare_ties_svd,"
                    + " magnitude_prune, magnitude_prune_svd as in PEFT, or average: the average of the deltas, exact,"
                    + " with weights divided by their sum. linear is not that: it adds A and B apart, so that products"
                    + " of one adapter's B and another's A come in (default ${DEFAULT-VALUE}).")
    private String method = "svd";

    @Option(names = "--density", paramLabel = "X", description = "Share of the values that pruning leaves, 0 to 1.")
    private double density = Double.NaN;

    @Option(
            names = "--svd-rank",
            paramLabel = "R",
            description = "Rank of the result of svd methods and of average (default: the largest of the adapters';"
                    + " of average their sum, which is exact).")
    private int svdRank;

    @Option(
            names = "--svd-clamp",
            paramLabel = "Q",
            description = "Clamp both factors of svd methods to this quantile of their values (default: do not).")
    private double svdClamp = Double.NaN;

    @Option(
            names = "--majority-sign",
            defaultValue = "total",
            paramLabel = "NAME",
            description = "How ties elects signs: by total of the values or frequency (default ${DEFAULT-VALUE}).")
    private String majoritySign = "total";

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "Of what dare methods drop (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        AtomicFiles.requireFree(out);
        Combination how = new Combination(type(), density, svdRank, svdClamp, byFrequency(), seed);
        try (LoadedModel m = model.open()) {
            SequencedMap<String, AdapterSet> sets = model.named(m);
            if (weights.size() != sets.size()) {
                throw new IllegalArgumentException("--weights: %d given, expected %d, one for each --adapter"
                        .formatted(weights.size(), sets.size()));
            }
            AdapterSet made = how.of(sets, weights, m.run());
            report(how, sets, made, m);
            PeftExport.write(made, model.model().toString(), out, m.run());
            spec.commandLine().getOut().println("adapter in " + out);
        }
    }

    private void report(Combination how, SequencedMap<String, AdapterSet> sets, AdapterSet made, LoadedModel m) {
        PrintWriter print = spec.commandLine().getOut();
        SequencedMap<AdapterSet, Double> sum = new LinkedHashMap<>();
        List<Double> w = how.summed(weights);
        for (AdapterSet set : sets.values()) sum.put(set, w.get(sum.size()));
        double share = AdapterDistance.total(AdapterDistance.fromSum(sum, made, m.run()))
                .relative();
        Adapters before = atOnce(sum, m.run());
        double logits = PromptCheck.difference(m.model(), before, made, m.run());
        if (made.method() instanceof Lora l) print.printf("%s: a LoRA of rank %d and scale 1%n", method, l.rank());
        print.printf("deltas: %.2e of the weighted sum away from it%n", share);
        if (how.type() == Combination.Type.LINEAR && sets.size() > 1) {
            print.println("linear adds A and B apart, which is not the sum of the deltas; cat and average are");
        }
        print.printf(
                "logits of %d tokens: at most %.2e away from those of the adapters at once%n",
                PromptCheck.TOKENS, logits);
        bound.require(how.type().text(), logits, how.isExact(sets.size()) ? EXACT : Double.MAX_VALUE);
        if (sets.values().stream().anyMatch(s -> s.method() instanceof Lora l && l.rslora())) {
            print.println("rslora: the result has the scale 1 it is made for; PEFT 0.21.2 would give it rank / √rank");
        }
        print.flush();
    }

    /// The weighted sum itself: each adapter with its update times its weight.
    private static Adapters atOnce(SequencedMap<AdapterSet, Double> sum, Kernels run) {
        List<AdapterSet> scaled = new ArrayList<>();
        sum.forEach((set, w) -> scaled.add(ScaledAdapters.of(set, w, run)));
        return TogetherAdapters.of(scaled);
    }

    private Combination.Type type() {
        for (Combination.Type t : Combination.Type.values()) if (t.text().equals(method)) return t;
        String known = Arrays.stream(Combination.Type.values())
                .map(Combination.Type::text)
                .collect(Collectors.joining(", "));
        throw new IllegalArgumentException("--method: \"%s\", expected one of %s".formatted(method, known));
    }

    private boolean byFrequency() {
        return switch (majoritySign) {
            case "total" -> false;
            case "frequency" -> true;
            default ->
                throw new IllegalArgumentException(
                        "--majority-sign: \"%s\", expected total or frequency".formatted(majoritySign));
        };
    }
}
