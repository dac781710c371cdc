package dev.gradine.train;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.io.Fingerprint;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// What a recipe compares the policy with.
///
/// @param name `base`, `start` or a folder
record Reference(String name, RunSettings settings, RunHost host) {

    /// The reference asked for; by default the adapter continued from, or the base.
    static Reference of(RunSettings settings, AdapterSet adapted, RunHost host) {
        String asked = settings.reference().reference();
        if (asked == null) asked = adapted.wasTrained() ? "start" : "base";
        return new Reference(asked, settings, host);
    }

    /// A reference ready for use, with what must be closed after it.
    ///
    /// @param logProbs of the reference
    /// @param second models that were opened for it
    record Opened(ReferenceLogProbs logProbs, List<OpenModel> second) implements AutoCloseable {

        /// What the files of a second model hold, for a run that resumes.
        Map<String, Object> contents() {
            if (second.isEmpty()) return Map.of();
            return Map.of(
                    "content of the reference", Fingerprint.of(second.getFirst().checkpoint()));
        }

        @Override
        public void close() {
            second.forEach(OpenModel::close);
        }
    }

    /// Whether the prompt of several answers is read once: what the adapters do there must not depend on the answers.
    static boolean sharesPrompts(RunSettings settings, AdapterSet adapted) {
        return settings.reference().sharedPrompt() && adapted.areCausal();
    }

    /// For recipes that compare the policy with nothing.
    static final Opened NONE = new Opened(ReferenceLogProbs.none(), List.of());

    /// @param groups what is read for each example of the run, for the cache
    Opened open(OpenModel m, AdapterSet adapted, List<List<LabelledTokens>> groups) {
        Opened live = live(m, adapted);
        if (!settings.reference().precomputeReference()) return live;
        try (live) {
            RunFiles files = settings.files();
            var source = new ReferenceCache.Source(
                    live.logProbs(),
                    identity(m, adapted, live),
                    settings.batches().batch(),
                    sharesPrompts(settings, adapted),
                    done -> host.tell("reference log-probabilities: %d of %d examples".formatted(done, groups.size())));
            Path file = files.out().resolveSibling(files.out().getFileName() + "-reference.safetensors");
            return new Opened(ReferenceCache.open(file, groups, source, m.run()), List.of());
        }
    }

    /// Tells one reference from another: its name, the model, how that is computed, and the values it begins with.
    private String identity(OpenModel m, AdapterSet adapted, Opened live) {
        String start = name.equals("start") ? " " + Contents.adapter(adapted, m.run()) : "";
        OpenModel read = live.second().isEmpty() ? m : live.second().getFirst();
        return name + " " + Fingerprint.of(read.checkpoint()) + " " + host.settings() + start;
    }

    private Opened live(OpenModel m, AdapterSet adapted) {
        if (name.equals("base")) return new Opened(ReferenceLogProbs.of(Policy.of(m.model())), List.of());
        if (name.equals("start")) {
            Policy start = new Policy(m.model(), adapted.snapshot(m.run()));
            return new Opened(ReferenceLogProbs.of(start), List.of());
        }
        OpenModel second = m.beside(Path.of(name));
        requireSame(m, second);
        return new Opened(ReferenceLogProbs.of(Policy.of(second.model())), List.of(second));
    }

    /// A reference of other tokens would compare nothing.
    private void requireSame(OpenModel m, OpenModel second) {
        int policy = m.model().vocabSize();
        int other = second.model().vocabSize();
        if (policy == other) return;
        second.close();
        throw new IllegalArgumentException(
                "--reference %s: has a vocabulary of %d, expected %d as the model has".formatted(name, other, policy));
    }
}
