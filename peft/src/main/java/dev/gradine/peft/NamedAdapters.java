package dev.gradine.peft;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.Model;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// Adapters of one model by name, of which some are active: added, switched, merged and deleted at any time, with the
/// names that PEFT has for it.
///
/// The model is never touched, and what `current` gives never changes: a pass or a whole text that began with it ends
/// with it, whatever other threads switch meanwhile. What is added is copied, so that training on does not change it
/// either. The memory of what was deleted is given back with the lifetime.
public final class NamedAdapters {

    /// Everything at one moment.
    ///
    /// @param merged whether the active ones are merged
    /// @param current what acts
    private record State(
            SequencedMap<String, AdapterSet> sets,
            List<String> active,
            boolean enabled,
            boolean merged,
            Adapters current) {

        State {
            sets = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(sets));
            active = List.copyOf(active);
        }
    }

    private final Model model;
    private final Kernels run;
    private volatile State state = new State(new LinkedHashMap<>(), List.of(), true, false, Adapters.NONE);

    /// None yet.
    ///
    /// @param run lifetime of the adapters
    public NamedAdapters(Model model, Kernels run) {
        this.model = model;
        this.run = run;
    }

    /// What acts now. It never changes.
    public Adapters current() {
        return state.current;
    }

    /// All names, in the order they were added.
    public List<String> names() {
        return List.copyOf(state.sets.keySet());
    }

    /// Names of the active ones.
    public List<String> active() {
        return state.active;
    }

    /// The adapter of a name.
    ///
    /// @throws AdapterException if there is none
    public AdapterSet get(String name) {
        return get(name, state);
    }

    private static AdapterSet get(String name, State s) {
        AdapterSet set = s.sets.get(name);
        if (set != null) return set;
        throw new AdapterException(
                "adapters: \"%s\" is none of them, expected one of %s".formatted(name, s.sets.keySet()));
    }

    /// Adds a copy of an adapter, as it is now. The active ones stay active.
    ///
    /// @throws AdapterException if there is one of that name, or it is for another model
    public synchronized void addAdapter(String name, AdapterSet set) {
        if (state.sets.containsKey(name)) {
            throw new AdapterException("adapters: \"%s\" is there already, expected another name".formatted(name));
        }
        if (!set.model().equals(model)) {
            throw new AdapterException("adapters: \"%s\" is for another model, expected this one".formatted(name));
        }
        SequencedMap<String, AdapterSet> more = new LinkedHashMap<>(state.sets);
        more.put(name, set.snapshot(run).settled(run));
        state = new State(more, state.active, state.enabled, state.merged, state.current);
    }

    /// Adds the adapter of a folder.
    ///
    /// @param tell gets the line about what of it was used
    public void loadAdapter(String name, Path folder, Consumer<String> tell) {
        addAdapter(name, AdapterFolder.load(folder, model, run, tell));
    }

    /// Makes these the active ones, and no other: one, or several that act at once.
    ///
    /// @throws AdapterException if a name is unknown, or they cannot act at once; then nothing has changed
    public synchronized void setAdapter(String... names) {
        List<AdapterSet> sets = new ArrayList<>();
        for (String name : names) sets.add(get(name, state));
        state = new State(state.sets, List.of(names), true, false, TogetherAdapters.of(sets));
    }

    /// Lets the model act as its checkpoint has it, until `enableAdapters` or `setAdapter`.
    public synchronized void disableAdapters() {
        state = new State(state.sets, state.active, false, false, Adapters.NONE);
    }

    /// Lets the active ones act again.
    public synchronized void enableAdapters() {
        if (!state.enabled) setAdapter(state.active.toArray(String[]::new));
    }

    /// Forgets an adapter; if it was active, the others that were stay so.
    public synchronized void deleteAdapter(String name) {
        get(name, state);
        SequencedMap<String, AdapterSet> rest = new LinkedHashMap<>(state.sets);
        rest.remove(name);
        boolean acted = state.active.contains(name);
        State before = state;
        List<String> active =
                before.active.stream().filter(n -> !n.equals(name)).toList();
        state = new State(rest, active, before.enabled, before.merged, before.current);
        if (acted && before.enabled) setAdapter(active.toArray(String[]::new));
    }

    /// Has weights compute what the active ones do, without products of their own. As PEFT with `safe_merge`: if a
    /// value is not finite, nothing has changed.
    ///
    /// @throws AdapterException names the method or the weight that cannot be merged
    public synchronized void mergeAdapter() {
        if (state.merged || state.active.isEmpty()) return;
        state = new State(state.sets, state.active, true, true, merged(state));
    }

    private Adapters merged(State s) {
        List<AdapterSet> sets = s.active.stream().map(n -> get(n, s)).toList();
        return TogetherAdapters.merged(sets, run);
    }

    /// Undoes `mergeAdapter`. The weights are those of before, to the bit: they were never touched.
    public synchronized void unmergeAdapter() {
        if (state.merged) setAdapter(state.active.toArray(String[]::new));
    }

    /// The weights with the active ones merged, to be used from here on; all adapters are forgotten.
    ///
    /// @throws AdapterException as `mergeAdapter`; then nothing has changed
    public synchronized Adapters mergeAndUnload() {
        mergeAdapter();
        Adapters weights = state.current;
        unload();
        return weights;
    }

    /// Forgets all adapters.
    public synchronized void unload() {
        state = new State(new LinkedHashMap<>(), List.of(), true, false, Adapters.NONE);
    }
}
