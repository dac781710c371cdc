package dev.gradine.serve;

import dev.gradine.io.Json;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.ScaledAdapters;
import dev.gradine.peft.TogetherAdapters;
import dev.gradine.serve.AdapterRefusedException.Why;
import dev.gradine.tensor.Kernels;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Reads adapters, each into memory of its own, which is given back when nothing acts with it any more.
final class AdapterReader {

    private static final Cleaner CLEANER = Cleaner.create();

    private final CausalLm model;
    private final Acting ofBase;
    private final int maxRank;
    private final Supplier<Kernels> memory;
    private final Consumer<String> tell;

    /// @param ofBase what acts under the name of `model`
    /// @param maxRank of an adapter
    /// @param memory opens the lifetime of an adapter
    /// @param tell gets a line about each adapter that was read
    AdapterReader(CausalLm model, Acting ofBase, int maxRank, Supplier<Kernels> memory, Consumer<String> tell) {
        this.model = model;
        this.ofBase = ofBase;
        this.maxRank = maxRank;
        this.memory = memory;
        this.tell = tell;
    }

    /// An adapter in memory.
    ///
    /// @param set the same as those of `acting`
    record InMemory(Acting acting, AdapterSet set) {}

    /// What acts under the name of the model.
    Acting ofBase() {
        return ofBase;
    }

    /// @throws AdapterRefusedException if it cannot be read or does not fit
    InMemory read(Path folder) {
        Kernels own = memory.get();
        try {
            requireRank(folder);
            AdapterSet set = AdapterFolder.load(folder, model, own, tell).settled(own);
            Acting acting = new Acting(ofBase.fingerprint() + "-" + Fingerprint.ofAdapter(folder), set);
            CLEANER.register(set, own::close);
            return new InMemory(acting, set);
        } catch (RuntimeException e) {
            own.close();
            throw new AdapterRefusedException(Why.INVALID, Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
    }

    /// The rank is the largest of `r` and `rank_pattern`, in methods that have them.
    private void requireRank(Path folder) {
        Path file = folder.resolve(AdapterFolder.CONFIG);
        Map<String, Object> config = Json.readObject(file);
        int rank = config.get("r") instanceof Integer r ? r : 0;
        if (config.get("rank_pattern") instanceof Map<?, ?> patterns) {
            for (Object p : patterns.values()) if (p instanceof Integer r) rank = Math.max(rank, r);
        }
        if (rank <= maxRank) return;
        throw new IllegalArgumentException(
                "%s: rank is %d, expected at most %d (--max-lora-rank)".formatted(file, rank, maxRank));
    }

    /// Some that act together.
    ///
    /// @param parts with the scale of each
    /// @throws IllegalArgumentException names the method that cannot be scaled, or act beside another
    Acting together(SequencedMap<InMemory, Double> parts) {
        Kernels own = memory.get();
        try {
            List<AdapterSet> scaled = new ArrayList<>();
            StringBuilder print = new StringBuilder();
            parts.forEach((part, scale) -> {
                scaled.add(scale == 1 ? part.set : ScaledAdapters.of(part.set, scale, own));
                print.append(part.acting.fingerprint()).append('*').append(scale);
            });
            Adapters together = TogetherAdapters.of(scaled);
            CLEANER.register(together, own::close);
            return new Acting(ofBase.fingerprint() + "-" + Fingerprint.of(print.toString()), together);
        } catch (RuntimeException e) {
            own.close();
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
