package dev.gradine.serve;

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
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Adapters of one base model by name. What a name means is swapped in one step; requests that have begun keep what it
/// meant when they came.
///
/// Each adapter has memory of its own, which is given back when nothing acts with it any more.
final class AdapterShelf {

    private static final Cleaner CLEANER = Cleaner.create();
    private static final long COLLECTED = 256 << 20; // bytes of adapters that went
    private static final int BLENDS = 16; // that are kept, so that requests with the same blend share a batch

    /// An adapter.
    ///
    /// @param acting what acts under its name
    /// @param set the adapters themselves
    private record Entry(Card card, Acting acting, AdapterSet set) {}

    private final CausalLm model;
    private final String base;
    private final Acting ofBase;
    private final Supplier<Kernels> memory;
    private final Consumer<String> tell;
    private final Consumer<Adapters> retired;
    private long retiredBytes;
    private final Map<Map<Acting, Double>, Acting> blends = new LinkedHashMap<>();
    private volatile SequencedMap<String, Entry> entries = new LinkedHashMap<>(); // never changed, but replaced

    /// @param memory opens the lifetime of an adapter
    /// @param tell gets a line about each adapter that was read
    /// @param retired is told of adapters that no request will ask for again
    AdapterShelf(
            CausalLm model, Base base, Supplier<Kernels> memory, Consumer<String> tell, Consumer<Adapters> retired) {
        this.model = model;
        this.base = base.name;
        ofBase = base.acting;
        this.memory = memory;
        this.tell = tell;
        this.retired = retired;
    }

    /// The base model's name, and what acts under it.
    record Base(String name, Acting acting) {}

    List<Card> cards() {
        return entries.values().stream().map(Entry::card).toList();
    }

    @Nullable
    Acting acting(String name) {
        if (name.equals(base)) return ofBase;
        Entry e = entries.get(name);
        return e == null ? null : e.acting;
    }

    void load(String name, Path folder, boolean inPlace) {
        if (name.equals(base)) throw new AdapterRefusedException(Why.EXISTS, "`%s` is the base model".formatted(name));
        requireFree(name, inPlace);
        Kernels own = memory.get();
        Entry entry;
        try {
            AdapterSet set = AdapterFolder.load(folder, model, own, tell).settled(own);
            String print = ofBase.fingerprint() + "-" + Fingerprint.of(folder);
            entry = new Entry(new Card(name, folder, base, Instant.now()), new Acting(print, set), set);
            CLEANER.register(set, own::close);
        } catch (RuntimeException e) {
            own.close();
            throw new AdapterRefusedException(Why.INVALID, Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
        synchronized (this) {
            requireFree(name, inPlace); // another may have come meanwhile
            SequencedMap<String, Entry> more = new LinkedHashMap<>(entries);
            retire(more.put(name, entry));
            entries = more;
        }
    }

    /// Lets go of an adapter. Memory outside the heap does not make the collector run: it is called where much waits.
    private void retire(@Nullable Entry entry) {
        if (entry == null) return;
        blends.entrySet().removeIf(blend -> {
            boolean isGone = blend.getKey().containsKey(entry.acting);
            if (isGone) retired.accept(blend.getValue().adapters());
            return isGone;
        });
        retired.accept(entry.acting.adapters());
        retiredBytes += 4 * entry.set.trainedValues();
        if (retiredBytes < COLLECTED) return;
        retiredBytes = 0;
        System.gc();
    }

    private void requireFree(String name, boolean inPlace) {
        if (inPlace || !entries.containsKey(name)) return;
        throw new AdapterRefusedException(
                Why.EXISTS, "the adapter `%s` is loaded already; load_inplace replaces it".formatted(name));
    }

    synchronized void unload(String name) {
        SequencedMap<String, Entry> rest = new LinkedHashMap<>(entries);
        Entry entry = rest.remove(name);
        if (entry == null) throw new AdapterRefusedException(Why.NOT_FOUND, unknown(name));
        entries = rest;
        retire(entry);
    }

    private String unknown(String name) {
        return "there is no adapter `%s`, expected one of %s".formatted(name, entries.keySet());
    }

    /// Several adapters that act together; those of scale 0 do not.
    synchronized Acting blend(Map<String, Double> scales) {
        Map<Acting, Double> parts = new LinkedHashMap<>();
        List<AdapterSet> sets = new ArrayList<>();
        Map<String, Double> ordered = new TreeMap<>(scales);
        ordered.values().removeIf(s -> s == 0);
        for (Map.Entry<String, Double> e : ordered.entrySet()) {
            Entry known = entries.get(e.getKey());
            if (known == null) throw new IllegalArgumentException(unknown(e.getKey()));
            parts.put(known.acting, e.getValue());
            sets.add(known.set);
        }
        if (parts.isEmpty()) return ofBase;
        if (parts.size() == 1 && parts.containsValue(1.0))
            return parts.keySet().iterator().next();
        Acting known = blends.get(parts);
        if (known != null) return known;
        Acting made = blended(parts, sets);
        blends.put(parts, made);
        if (blends.size() > BLENDS) blends.remove(blends.keySet().iterator().next());
        return made;
    }

    private Acting blended(Map<Acting, Double> parts, List<AdapterSet> sets) {
        Kernels own = memory.get();
        try {
            List<Double> scales = List.copyOf(parts.values());
            List<AdapterSet> scaled = new ArrayList<>();
            for (int i = 0; i < sets.size(); i++) {
                scaled.add(scales.get(i) == 1 ? sets.get(i) : ScaledAdapters.of(sets.get(i), scales.get(i), own));
            }
            Adapters together = TogetherAdapters.of(scaled);
            CLEANER.register(together, own::close);
            StringBuilder print = new StringBuilder();
            parts.forEach((acting, scale) ->
                    print.append(acting.fingerprint()).append('*').append(scale));
            return new Acting(ofBase.fingerprint() + "-" + Fingerprint.of(print.toString()), together);
        } catch (RuntimeException e) {
            own.close();
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
