package dev.gradine.serve;

import dev.gradine.nn.Adapters;
import dev.gradine.serve.AdapterReader.InMemory;
import dev.gradine.serve.AdapterRefusedException.Why;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Adapters of one base model by name. What a name means is swapped in one step; requests that have begun keep what it
/// meant when they came.
///
/// Not more of them are in memory than may be: the one that was used longest ago is put away.
final class AdapterShelf {

    private static final long COLLECTED = 256 << 20; // bytes of adapters that went

    /// What there is; never changed, but replaced.
    ///
    /// @param adapters by name
    /// @param scales of those that act with the base model, none of 0
    private record State(SequencedMap<String, ShelvedAdapter> adapters, SequencedMap<String, Double> scales) {}

    private final String base;
    private final AdapterReader reader;
    private final AdapterBlends blends;
    private final int inMemory;
    private final Consumer<Adapters> retired;
    private final AtomicLong clock = new AtomicLong();
    private long retiredBytes;
    private volatile State state = new State(new LinkedHashMap<>(), new LinkedHashMap<>());

    /// @param base the base model's name
    /// @param inMemory how many adapters are
    /// @param retired is told of adapters that will not act again as they are
    AdapterShelf(String base, AdapterReader reader, int inMemory, Consumer<Adapters> retired) {
        this.base = base;
        this.reader = reader;
        this.inMemory = inMemory;
        this.retired = retired;
        blends = new AdapterBlends(reader, retired);
    }

    List<Card> cards() {
        return state.adapters.values().stream().map(ShelvedAdapter::card).toList();
    }

    int inMemory() {
        return (int) state.adapters.values().stream()
                .filter(ShelvedAdapter::isInMemory)
                .count();
    }

    @Nullable
    Acting acting(String name) {
        State now = state;
        if (name.equals(base)) return blend(now.adapters, now.scales);
        ShelvedAdapter a = now.adapters.get(name);
        return a == null ? null : used(a).acting();
    }

    private InMemory used(ShelvedAdapter a) {
        boolean was = a.isInMemory();
        InMemory now = a.use(clock.incrementAndGet());
        if (!was) putAway();
        return now;
    }

    /// Puts away those that were used longest ago, as many as are too many.
    private synchronized void putAway() {
        List<ShelvedAdapter> all = state.adapters.values().stream()
                .filter(ShelvedAdapter::isInMemory)
                .sorted(Comparator.comparingLong(ShelvedAdapter::used))
                .toList();
        for (int i = 0; i < all.size() - inMemory; i++) retire(all.get(i));
    }

    void load(String name, Path folder, boolean inPlace) {
        if (name.equals(base)) throw new AdapterRefusedException(Why.EXISTS, "`%s` is the base model".formatted(name));
        requireFree(name, inPlace);
        ShelvedAdapter fresh = new ShelvedAdapter(new Card(name, folder, base, Instant.now()), reader);
        fresh.use(clock.incrementAndGet());
        synchronized (this) {
            requireFree(name, inPlace); // another may have come meanwhile
            SequencedMap<String, ShelvedAdapter> more = new LinkedHashMap<>(state.adapters);
            ShelvedAdapter old = more.put(name, fresh);
            if (state.scales.containsKey(name)) requireBlend(more, state.scales);
            state = new State(more, state.scales);
            if (old != null) retire(old);
            putAway();
        }
    }

    /// One that acts with the base model can be replaced by one that can do so.
    private void requireBlend(SequencedMap<String, ShelvedAdapter> adapters, SequencedMap<String, Double> scales) {
        try {
            blend(adapters, scales);
        } catch (AdapterRefusedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new AdapterRefusedException(Why.INVALID, e.getMessage() + " (it is to act with the base model)");
        }
    }

    private void requireFree(String name, boolean inPlace) {
        if (inPlace || !state.adapters.containsKey(name)) return;
        throw new AdapterRefusedException(
                Why.EXISTS, "the adapter `%s` is loaded already; load_inplace replaces it".formatted(name));
    }

    synchronized void unload(String name) {
        SequencedMap<String, ShelvedAdapter> rest = new LinkedHashMap<>(state.adapters);
        ShelvedAdapter gone = rest.remove(name);
        if (gone == null) throw new AdapterRefusedException(Why.NOT_FOUND, unknown(name, rest));
        SequencedMap<String, Double> scales = new LinkedHashMap<>(state.scales);
        scales.remove(name);
        state = new State(rest, scales);
        retire(gone);
    }

    private static String unknown(String name, SequencedMap<String, ShelvedAdapter> adapters) {
        return "there is no adapter `%s`, expected one of %s".formatted(name, adapters.keySet());
    }

    /// Lets go of an adapter. Memory outside the heap does not make the collector run: it is called where much waits.
    private void retire(ShelvedAdapter adapter) {
        InMemory was = adapter.putAway();
        if (was == null) return;
        blends.forget(was);
        retired.accept(was.set());
        retiredBytes += 4 * was.set().trainedValues();
        if (retiredBytes < COLLECTED) return;
        retiredBytes = 0;
        System.gc();
    }

    Acting blend(Map<String, Double> scales) {
        return blend(state.adapters, scales);
    }

    /// Several adapters that act together; those of scale 0 do not.
    private Acting blend(SequencedMap<String, ShelvedAdapter> adapters, Map<String, Double> scales) {
        SequencedMap<String, Double> acting = acting(scales);
        if (acting.size() > inMemory) {
            throw new IllegalArgumentException("%d adapters are to act together, expected at most %d (--max-cpu-loras)"
                    .formatted(acting.size(), inMemory));
        }
        SequencedMap<InMemory, Double> parts = new LinkedHashMap<>();
        acting.forEach((name, scale) -> {
            ShelvedAdapter a = adapters.get(name);
            if (a == null) throw new IllegalArgumentException(unknown(name, adapters));
            parts.put(used(a), scale);
        });
        return blends.of(parts);
    }

    private static SequencedMap<String, Double> acting(Map<String, Double> scales) {
        SequencedMap<String, Double> ordered = new TreeMap<>(scales);
        ordered.values().removeIf(s -> s == 0);
        return ordered;
    }

    Map<String, Double> scales() {
        return state.scales;
    }

    /// From now on, these act with the base model.
    synchronized void scale(Map<String, Double> scales) {
        blend(state.adapters, scales); // fails if they cannot
        state = new State(state.adapters, acting(scales));
    }
}
