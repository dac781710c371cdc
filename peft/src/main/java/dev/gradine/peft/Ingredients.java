package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/// LoRAs of one model that are to become one, checked by the rules of PEFT's `add_weighted_adapter`.
final class Ingredients {

    private final SequencedMap<String, AdapterSet> named;

    /// @throws AdapterException names the adapter that cannot be combined, and why
    Ingredients(SequencedMap<String, AdapterSet> named) {
        this.named = named;
        Map<Weight, String> owners = new LinkedHashMap<>();
        named.forEach((name, set) -> {
            if (!(set.method() instanceof Lora)) {
                throw new AdapterException("combine: %s is %s, expected lora (adapters convert makes one of it)"
                        .formatted(name, set.method().name()));
            }
            if (!set.selection().beside().equals(Beside.NOTHING) || (set.method() instanceof Lora l && l.loraBias())) {
                throw new AdapterException(
                        "combine: %s trains rows of tokens or biases, which cannot be combined;".formatted(name)
                                + " expected LoRA alone");
            }
            for (Weight w : set.model().weights()) {
                if (set.at(w) == w.param()) continue;
                String other = owners.put(w, name);
                if (other == null) continue;
                throw new AdapterException(
                        "combine: %s and %s have values of their own for %s, which cannot be combined; expected at most"
                                        .formatted(other, name, w.path())
                                + " one that has");
            }
        });
        requireOneKind();
    }

    private void requireOneKind() {
        Set<Boolean> kinds = new LinkedHashSet<>();
        for (AdapterSet set : sets()) kinds.add(set.selection().targets() instanceof Targets.Regex);
        if (kinds.size() < 2) return;
        throw new AdapterException("combine: target_modules of some are a list and of others a regular expression,"
                + " expected the same kind");
    }

    List<AdapterSet> sets() {
        return List.copyOf(named.values());
    }

    /// The largest rank that each may have anywhere.
    List<Integer> ranks() {
        List<Integer> all = new ArrayList<>();
        for (AdapterSet set : sets()) {
            if (!(set.method() instanceof Lora l)) continue;
            int most = l.rank();
            for (int r : l.patterns().rankPattern().values()) most = Math.max(most, r);
            all.add(most);
        }
        return all;
    }

    /// An adapter without effect at all places where one of them has one, with scale 1 and the copies they have.
    AdapterSet fresh(int rank, Kernels run) {
        AdapterSet first = sets().getFirst();
        float dropout = first.method() instanceof Lora l ? l.dropout() : 0;
        Lora method = Lora.of(rank, rank).dropping(dropout);
        AdapterSet made = AdapterSet.fresh(first.model(), method, selection(false), run, new SplittableRandom(0));
        if (!made.adapters().keySet().equals(sites())) {
            made = AdapterSet.fresh(first.model(), method, selection(true), run, new SplittableRandom(0));
        }
        Map<Weight, Param> replaced = new LinkedHashMap<>();
        for (AdapterSet set : sets()) {
            SequencedMap<Weight, Param> own = made.copies();
            set.copies()
                    .forEach(
                            (w, p) -> run.copy(p.value(), own.getOrDefault(w, p).value()));
            replaced.putAll(set.replaced());
        }
        return made.asTrained(replaced);
    }

    private Set<Site> sites() {
        Set<Site> all = new LinkedHashSet<>();
        for (AdapterSet set : sets()) all.addAll(set.adapters().keySet());
        return all;
    }

    /// @param byPath whether places are named one by one: the adapters' rules together name others, too
    private Selection selection(boolean byPath) {
        List<String> saved = sets().stream()
                .flatMap(s -> s.selection().modulesToSave().stream())
                .distinct()
                .toList();
        Targets targets =
                byPath ? new Targets.Suffixes(sites().stream().map(Site::path).toList()) : union();
        return new Selection(targets, new Targets.None(), List.of(), List.of(), saved, Beside.NOTHING);
    }

    private Targets union() {
        if (sets().getFirst().selection().targets() instanceof Targets.Regex) {
            return Targets.regex(sets().stream()
                    .map(s -> "(" + s.selection().targets().stored() + ")")
                    .collect(Collectors.joining("|")));
        }
        Set<String> names = new LinkedHashSet<>();
        for (AdapterSet set : sets()) {
            if (set.selection().targets() instanceof Targets.Suffixes s) names.addAll(s.names());
            else set.adapters().keySet().forEach(site -> names.add(site.path()));
        }
        return new Targets.Suffixes(List.copyOf(names));
    }
}
