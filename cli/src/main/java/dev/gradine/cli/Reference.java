package dev.gradine.cli;

import dev.gradine.data.encode.Labelled;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.ReferenceCache;
import dev.gradine.train.ReferenceLogProbs;
import java.nio.file.Path;
import java.util.List;

/// What a recipe compares the policy with.
///
/// @param name `base`, `start` or a folder
record Reference(String name, ReferenceSettings settings, TrainOptions args) {

    /// The reference asked for; by default the adapter continued from, or the base.
    static Reference of(ReferenceSettings settings, TrainOptions args) {
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

    /// For recipes that compare the policy with nothing.
    static final Opened NONE = new Opened(ReferenceLogProbs.none(), List.of());

    /// @param groups what is read for each example of the run, for the cache
    Opened open(LoadedModel m, AdapterSet adapted, List<List<Labelled>> groups) {
        Opened live = live(m, adapted);
        if (!settings.precomputeReference()) return live;
        try (live) {
            RunFiles files = args.files();
            var source = new ReferenceCache.Source(
                    live.logProbs(),
                    name + " " + files.model() + args.quantize().suffix()
                            + (name.equals("start") ? " " + args.adapter().startDigest() : ""),
                    args.batches().batch(),
                    settings.sharedPrompt(),
                    done -> System.err.printf("reference log-probabilities: %d of %d examples%n", done, groups.size()));
            Path file = files.out().resolveSibling(files.out().getFileName() + "-reference.safetensors");
            return new Opened(ReferenceCache.open(file, groups, source, m.run()), List.of());
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
