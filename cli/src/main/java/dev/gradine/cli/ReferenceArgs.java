package dev.gradine.cli;

import dev.gradine.align.LabelledPair;
import dev.gradine.align.PairBatch.Prompts;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.ReferenceCache;
import dev.gradine.train.ReferenceLogProbs;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What a preference loss compares the policy with.
final class ReferenceArgs {

    @Option(
            names = "--reference",
            paramLabel = "base|start|DIR",
            description =
                    "Frozen reference: the model without adapter (base), the adapter as it was at the start (start),"
                            + " or another model. Default: start with --init-adapter, else base; a "
                            + "fresh adapter changes nothing.")
    private @Nullable String reference;

    @Option(
            names = "--precompute-reference",
            description = "Compute the reference's log-probabilities once, before training, and keep them beside --out,"
                    + " in OUT-reference.safetensors.")
    private boolean precompute;

    /// A reference ready for use, with what must be closed after it.
    ///
    /// @param logProbs of the reference
    /// @param second models that were opened for it
    record Opened(ReferenceLogProbs logProbs, List<LoadedModel> second) implements AutoCloseable {
        @Override
        public void close() {
            second.forEach(LoadedModel::close);
        }
    }

    String name(AdapterArgs adapter) {
        if (reference != null) return reference;
        return adapter.continues() ? "start" : "base";
    }

    /// @param pairs all pairs of the run, for the cache
    /// @param prompts whether the answers of a pair share their prompt
    Opened open(TrainArgs args, LoadedModel m, AdapterSet adapted, List<LabelledPair> pairs, Prompts prompts) {
        String name = name(args.adapter());
        Opened live = live(name, m, adapted);
        if (!precompute) return live;
        try (live) {
            var source = new ReferenceCache.Source(
                    live.logProbs(),
                    name + " " + args.model() + args.quantize().suffix()
                            + (name.equals("start") ? " " + args.adapter().startDigest() : ""),
                    args.batch(),
                    prompts,
                    done -> System.err.printf("reference log-probabilities: %d of %d pairs%n", done, pairs.size()));
            Path file = args.out().resolveSibling(args.out().getFileName() + "-reference.safetensors");
            return new Opened(ReferenceCache.open(file, pairs, source, m.run()), List.of());
        }
    }

    private static Opened live(String name, LoadedModel m, AdapterSet adapted) {
        if (name.equals("base")) {
            return new Opened(ReferenceLogProbs.of(Policy.of(m.model())), List.of());
        }
        if (name.equals("start")) {
            Policy start = new Policy(m.model(), adapted.snapshot(m.run()));
            return new Opened(ReferenceLogProbs.of(start), List.of());
        }
        LoadedModel second = m.beside(Path.of(name));
        return new Opened(ReferenceLogProbs.of(Policy.of(second.model())), List.of(second));
    }
}
