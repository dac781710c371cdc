package dev.gradine.export;

import dev.gradine.autograd.Param;
import dev.gradine.io.CheckpointException;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Opens what was written as any reader would, and compares it with the model in memory.
///
/// Three questions about a whole model: Is every weight the one in memory, rounded once? With the same weights, does
/// its configuration compute the same? Does it read and write text the same way? The last comparison of logits, with
/// the model in memory, tells what the type costs.
public final class ExportCheck {

    private ExportCheck() {}

    /// Compares a folder or a GGUF file with a model and its adapter.
    ///
    /// @param written what was written; a file is opened alone, without those beside it
    /// @throws CheckpointException if it cannot be read at all
    public static Findings whole(OpenModel source, AdapterSet adapted, Path written) {
        return whole(source, adapted, written, Double.NaN);
    }

    /// The same.
    ///
    /// @param most by which a logit may differ from the model in memory; NaN for what rounding explains
    public static Findings whole(OpenModel source, AdapterSet adapted, Path written, double most) {
        if (Files.isDirectory(written)) return compare(source, adapted, written, most);
        try {
            Path alone = Files.createTempDirectory("gradine-verify");
            Path link = alone.resolve(String.valueOf(written.getFileName()));
            try {
                Files.createSymbolicLink(link, written.toAbsolutePath());
                return compare(source, adapted, link, most);
            } finally {
                Files.deleteIfExists(link);
                Files.delete(alone);
            }
        } catch (IOException e) {
            throw CheckpointException.of(written, "cannot be read", e);
        }
    }

    private static Findings compare(OpenModel source, AdapterSet adapted, Path written, double most) {
        Findings findings = Findings.none();
        try (OpenModel other = Models.open(written, source.run())) {
            WeightsCheck weights = new WeightsCheck();
            weights.run(source, adapted, other, findings);
            List<int[]> sequences = TextCheck.sequences(source);
            float[] got = LogitsCheck.logits(Policy.of(other.model()), source.run(), sequences);
            if (findings.isClean()) {
                float[] same =
                        LogitsCheck.logits(new Policy(source.model(), Substitute.of(other)), source.run(), sequences);
                LogitsCheck config = LogitsCheck.of(same, got, source.model(), 0);
                findings.add(config.agrees(), "logits of the same weights in memory: " + config);
            }
            float[] memory = LogitsCheck.logits(new Policy(source.model(), adapted), source.run(), sequences);
            LogitsCheck all = LogitsCheck.of(memory, got, source.model(), weights.relativeError());
            boolean agrees = all.within(most).agrees();
            String beyond = agrees || Double.isNaN(most) ? "" : "; at most %.2g was asked for".formatted(most);
            findings.add(agrees, "logits of the model in memory: " + all + beyond);
            TextCheck.run(source, other, findings);
        }
        return findings;
    }

    /// Compares an adapter folder with the adapter in memory.
    public static Findings adapter(OpenModel source, AdapterSet adapted, Path folder) {
        Findings findings = Findings.none();
        AdapterSet other = AdapterFolder.load(folder, source.model(), source.run());
        int before = findings.faults().size();
        Map<String, Param> there = other.trained();
        adapted.trained().forEach((name, p) -> {
            Param q = there.get(name);
            boolean same = q != null && sameBits(source, p.value(), q.value());
            if (!same) findings.add(false, "adapter: %s differs from the adapter in memory".formatted(name));
        });
        if (findings.faults().size() == before) {
            findings.add(true, "adapter: %d tensors, bit for bit".formatted(there.size()));
        }
        List<int[]> sequences = TextCheck.sequences(source);
        LogitsCheck logits = LogitsCheck.of(
                LogitsCheck.logits(new Policy(source.model(), adapted), source.run(), sequences),
                LogitsCheck.logits(new Policy(source.model(), other), source.run(), sequences),
                source.model(),
                0);
        findings.add(logits.agrees(), "logits of the model in memory: " + logits);
        return findings;
    }

    private static boolean sameBits(OpenModel m, Tensor a, Tensor b) {
        try (Arena arena = Arena.ofShared()) {
            return m.run().toHost(a, arena).isSameAs(m.run().toHost(b, arena));
        }
    }

    /// Computes with another model's weights in the place of the own ones.
    private record Substitute(Map<String, Param> weights) implements Adapters {

        static Substitute of(OpenModel other) {
            Map<String, Param> all = new HashMap<>();
            for (Weight w : other.model().weights()) all.put(w.path(), w.param());
            return new Substitute(all);
        }

        @Override
        public Param at(Weight weight) {
            return weights.getOrDefault(weight.path(), weight.param());
        }

        @Override
        public boolean touches(Site site) {
            return true;
        }
    }
}
