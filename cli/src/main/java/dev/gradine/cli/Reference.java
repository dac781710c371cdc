package dev.gradine.cli;

import dev.gradine.align.LabelledPair;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.ReferenceCache;
import dev.gradine.train.ReferenceLogProbs;
import java.nio.file.Path;
import java.util.List;

/// What a preference loss compares the policy with.
///
/// @param name `base`, `start` or a folder
record Reference(String name, DpoSettings settings, TrainOptions args) {

    /// The reference asked for; by default the adapter continued from, or the base.
    static Reference of(DpoSettings settings, TrainOptions args) {
        String asked = settings.reference();
        if (asked == null) asked = args.adapter().continues() ? "start" : "base";
        return new Reference(asked, settings, args);
    }

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

    /// @param pairs all pairs of the run, for the cache
    Opened open(LoadedModel m, AdapterSet adapted, List<LabelledPair> pairs) {
        Opened live = live(m, adapted);
        if (!settings.precomputeReference()) return live;
        try (live) {
            RunFiles files = args.files();
            var source = new ReferenceCache.Source(
                    live.logProbs(),
                    name + " " + files.model() + args.quantize().suffix()
                            + (name.equals("start") ? " " + args.adapter().startDigest() : ""),
                    args.batches().batch(),
                    settings.prompts(),
                    done -> System.err.printf("reference log-probabilities: %d of %d pairs%n", done, pairs.size()));
            Path file = files.out().resolveSibling(files.out().getFileName() + "-reference.safetensors");
            return new Opened(ReferenceCache.open(file, pairs, source, m.run()), List.of());
        }
    }

    private Opened live(LoadedModel m, AdapterSet adapted) {
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
